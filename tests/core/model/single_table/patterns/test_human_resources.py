"""ElectroDB's example "Human resources": employees, their tasks and offices, each access pattern in one request.

ElectroDB's version has five indexes. Here the tasks of an employee are in the partition of the employee, so that four
are enough. Salaries are numbers with a width: as text, 95000 would be more than 100000.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q, SharedTable
from dynamorm.data import GetItem, PutItem, Query, TransactWrite, UpdateItem
from dynamorm.exceptions import InvalidUpdate
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend


class Company(SharedTable):
    name = "company"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()

    class Gsi2(GlobalIndex):
        name = "gsi2"
        hash_key = "gsi2pk"
        range_key = "gsi2sk"
        projection = ProjectAll()

    class Gsi3(GlobalIndex):
        name = "gsi3"
        hash_key = "gsi3pk"
        range_key = "gsi3sk"
        projection = ProjectAll()

    class Gsi4(GlobalIndex):
        name = "gsi4"
        hash_key = "gsi4pk"
        range_key = "gsi4sk"
        projection = ProjectAll()


class Employee(DynaModel):
    class Table(Company):
        kind = "employee"
        hash_key = Key("EMPLOYEE#{employee}")
        range_key = Key("PROFILE")

    class Coworkers(Company.Gsi1):
        hash_key = Key("OFFICE#{office}")
        range_key = Key("EMPLOYEE#{team}#{title}#{employee}")

    class ByTitle(Company.Gsi2):
        hash_key = Key("TITLE#{title}")
        range_key = Key("{salary:09d}#{employee}")

    class Reports(Company.Gsi3):
        hash_key = Key("MANAGER#{manager}")
        range_key = Key("{team}#{office}#{employee}")

    class ByTeam(Company.Gsi4):
        hash_key = Key("TEAM#{team}")
        range_key = Key("{hired}#{employee}")

    class Schema:
        employee = fields.text(required=True)
        office = fields.text(required=True)
        title = fields.text(required=True)
        team = fields.text(required=True)
        salary = fields.integer(required=True)
        manager = fields.text()
        hired = fields.date(required=True)
        birthday = fields.text()


class Task(DynaModel):
    class Table(Company):
        kind = "task"
        hash_key = Key("EMPLOYEE#{employee}")
        range_key = Key("TASK#{project}#{task}")

    class ByProject(Company.Gsi1):
        hash_key = Key("PROJECT#{project}")
        range_key = Key("TASK#{employee}#{task}")

    class ByStatus(Company.Gsi2):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{project}#{employee}#{task}")

    class Schema:
        employee = fields.text(required=True)
        project = fields.text(required=True)
        task = fields.text(required=True)
        status = fields.text(default=lambda: "open")
        points = fields.integer(required=True)


class Office(DynaModel):
    class Table(Company):
        kind = "office"
        hash_key = Key("PLACE#{country}#{state}")
        range_key = Key("{city}#{zip_code}#{office}")

    class ByName(Company.Gsi1):
        hash_key = Key("OFFICE#{office}")
        range_key = Key("ADDRESS")

    class Schema:
        office = fields.text(required=True)
        country = fields.text(required=True)
        state = fields.text(required=True)
        city = fields.text(required=True)
        zip_code = fields.text(required=True)


@pytest.fixture(autouse=True)
def company(recorder: RecordingBackend) -> None:
    """Create the table, with one office, three employees and three tasks."""
    Company.create_table()
    Office.put({"office": "portland", "country": "usa", "state": "oregon", "city": "portland", "zip_code": "97201"})
    for employee, title, salary, manager, year in (
        ("ann", "junior", 100_001, "bob", 2022),
        ("joe", "junior", 95_000, "bob", 2023),
        ("bob", "lead", 150_000, "eve", 2020),
    ):
        Employee.put(
            {
                "employee": employee,
                "office": "portland",
                "title": title,
                "team": "marketing",
                "salary": salary,
                "manager": manager,
                "hired": datetime.date(year, 5, 5),
                "birthday": f"1990-0{year - 2018}-01",
            }
        )
    for employee, project, task, points in (
        ("ann", "135-53", "write", 5),
        ("ann", "135-53", "rewrite", 20),
        ("joe", "136", "read", 3),
    ):
        Task.put({"employee": employee, "project": project, "task": task, "points": points})


def test_an_employee_with_all_tasks(one_request: OneRequest) -> None:
    with one_request(Query):
        found = Company.query(Employee, Task, employee="ann").grouped()
    assert [employee.title for employee in found[Employee]] == ["junior"]
    assert [task.task for task in found[Task]] == ["rewrite", "write"]


def test_an_office_with_its_employees(one_request: OneRequest) -> None:
    with one_request(Query):
        found = list(Company.Gsi1.query(Office, Employee, office="portland"))
    assert [type(item) for item in found] == [Office, Employee, Employee, Employee]


def test_tasks_of_an_employee(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [task.task for task in Task.query(employee="ann")] == ["rewrite", "write"]
    with one_request(Query):
        assert [task.task for task in Task.query(employee="ann", project="136")] == []


def test_tasks_of_a_project(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [task.task for task in Task.ByProject.query(project="135-53")] == ["rewrite", "write"]


def test_offices_of_a_state(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [office.office for office in Office.query(country="usa", state="oregon")] == ["portland"]
    with one_request(Query):
        assert [office.office for office in Office.query(country="usa", state="oregon", city="salem")] == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [({"salary__gt": 100_000}, ["ann"]), ({"salary__lte": 100_000}, ["joe"]), ({}, ["joe", "ann"])],
)
def test_salaries_of_a_title_compare_as_numbers(
    one_request: OneRequest, condition: dict[str, Any], expected: list[str]
) -> None:
    with one_request(Query):
        assert [employee.employee for employee in Employee.ByTitle.query(title="junior", **condition)] == expected


def test_birthdays_and_anniversaries_in_an_office(one_request: OneRequest) -> None:
    between = [datetime.date(2022, 1, 1), datetime.date(2022, 12, 31)]
    with one_request(Query):
        read = Employee.Coworkers.query(
            Q(hired__between=between) | Q(birthday__begins_with="1990-05"), office="portland"
        )
        assert {employee.employee for employee in read} == {"ann", "joe"}


def test_reports_of_a_manager(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [employee.employee for employee in Employee.Reports.query(manager="bob")] == ["ann", "joe"]


def test_small_open_tasks_of_a_project(one_request: OneRequest) -> None:
    with one_request(Query):
        read = Task.ByStatus.query(status="open", project="135-53", points__lte=13)
        assert [task.task for task in read] == ["write"]


def test_team_members_who_were_hired_in_some_years(one_request: OneRequest) -> None:
    between = [datetime.date(2021, 1, 1), datetime.date(2022, 12, 31)]
    with one_request(Query):
        read = Employee.ByTeam.query(team="marketing", hired__between=between)
        assert [employee.employee for employee in read] == ["ann"]


def test_a_new_task(one_request: OneRequest) -> None:
    with one_request(PutItem):
        Task.put_unique({"employee": "ann", "project": "136", "task": "review", "points": 1})


def test_a_task_gets_another_status(one_request: OneRequest) -> None:
    with one_request(GetItem):
        task = Task.get(employee="ann", project="135-53", task="write")
    assert task is not None
    with one_request(UpdateItem):
        task.update(status="closed")
    assert [task.task for task in Task.ByStatus.query(status="closed")] == ["write"]
    assert [task.task for task in Task.ByStatus.query(status="open", project="135-53")] == ["rewrite"]


def test_an_employee_moves_to_another_office(one_request: OneRequest) -> None:
    known: dict[str, Any] = {"team": "marketing", "title": "junior", "manager": "bob"}
    with one_request(UpdateItem):
        Employee.update_item(employee="ann", office="salem", known=known)
    assert [employee.employee for employee in Employee.Coworkers.query(office="salem")] == ["ann"]
    assert [employee.office for employee in Employee.Reports.query(manager="bob")] == ["portland", "salem"]


def test_an_office_without_what_else_is_in_its_indexes_keys_is_refused() -> None:
    with pytest.raises(InvalidUpdate, match="known="):
        Employee.update_item(employee="ann", office="salem")


def test_a_task_gets_another_employee(recorder: RecordingBackend) -> None:
    task = Task.get(employee="ann", project="135-53", task="write")
    assert task is not None
    recorder.sent.clear()
    task.move(employee="joe")
    assert [type(operation) for operation in recorder.sent] == [GetItem, TransactWrite]
    assert [task.task for task in Task.query(employee="joe")] == ["write", "read"]
    assert [task.employee for task in Task.ByProject.query(project="135-53")] == ["ann", "joe"]
