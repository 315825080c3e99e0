"""Drives Tidemark with boto3: the client, the resource, paginators, waiters and exceptions.

It prints a line for every check and stops at the first that fails. Where Tidemark is, it is told by the environment,
as any program with boto3 is.
"""

import datetime
import decimal
import sys

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary

client = boto3.client("dynamodb")
resource = boto3.resource("dynamodb")


def check(what, got, want=True):
    if got != want:
        sys.exit(f"FAILED {what}: got {got!r}, wanted {want!r}")
    print("ok", what)


def refused(what, exception, call, message=None):
    try:
        call()
    except exception as e:
        if message is not None:
            check(what, e.response["Error"]["Message"], message)
        else:
            print("ok", what)
        return e
    sys.exit(f"FAILED {what}: not refused")


def create_table():
    table = resource.create_table(
        TableName="Music",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "Number", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "Number", "KeyType": "RANGE"},
        ],
    )
    table.wait_until_exists()
    table.reload()
    check("resource waiter", table.table_status, "ACTIVE")
    return table


def values(table):
    item = {
        "Artist": "The Acme Band",
        "Number": decimal.Decimal("1.5"),
        "Text": "",
        "Long": decimal.Decimal("12345678901234567890123456789012345678"),
        "Small": decimal.Decimal("1E-130"),
        "Yes": True,
        "Nothing": None,
        "Bytes": Binary(b"\x00\xff"),
        "Strings": {"a", "b"},
        "Numbers": {decimal.Decimal(1), decimal.Decimal("2.5")},
        "Blobs": {Binary(b"x"), Binary(b"y")},
        "Deep": [{"in": [1, "two", {"three": {}}]}, []],
    }
    table.put_item(Item=item)
    key = {"Artist": item["Artist"], "Number": item["Number"]}
    check("values of all types", table.get_item(Key=key)["Item"], item)
    out = table.update_item(
        Key=key,
        UpdateExpression="SET Plays = if_not_exists(Plays, :zero) + :one REMOVE Deep[0]",
        ExpressionAttributeValues={":zero": 0, ":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    check("update", out["Attributes"]["Plays"], 1)
    refused(
        "condition",
        client.exceptions.ConditionalCheckFailedException,
        lambda: table.put_item(Item=item, ConditionExpression=Attr("Artist").not_exists()),
        "The conditional request failed",
    )
    table.delete_item(Key=key)
    check("item deleted", "Item" in table.get_item(Key=key), False)


def pages(table):
    for n in range(25):
        table.put_item(Item={"Artist": "A", "Number": n, "Even": n % 2 == 0})
    query = client.get_paginator("query").paginate(
        TableName="Music",
        KeyConditionExpression="Artist = :a AND #n BETWEEN :from AND :to",
        ExpressionAttributeNames={"#n": "Number"},
        ExpressionAttributeValues={":a": {"S": "A"}, ":from": {"N": "5"}, ":to": {"N": "14"}},
        PaginationConfig={"PageSize": 3},
    )
    numbers = [int(i["Number"]["N"]) for page in query for i in page["Items"]]
    check("query paginator", numbers, list(range(5, 15)))
    scan = client.get_paginator("scan").paginate(TableName="Music", PaginationConfig={"PageSize": 10})
    check("scan paginator", sum(page["Count"] for page in scan), 25)
    found = table.query(
        KeyConditionExpression=Key("Artist").eq("A") & Key("Number").gte(20),
        FilterExpression=Attr("Even").eq(True),
        ScanIndexForward=False,
    )
    check("query by the resource", [int(i["Number"]) for i in found["Items"]], [24, 22, 20])


def backups(table):
    arns = []
    for n in range(5):
        made = client.create_backup(TableName="Music", BackupName=f"backup-{n}")["BackupDetails"]
        check(f"backup {n}", (made["BackupStatus"], made["BackupType"]), ("CREATING", "USER"))
        arns.append(made["BackupArn"])
        table.put_item(Item={"Artist": "Late", "Number": n})
    listed = client.get_paginator("list_backups").paginate(TableName="Music", PaginationConfig={"PageSize": 2})
    summaries = [s for page in listed for s in page["BackupSummaries"]]
    check("list_backups paginator", sorted(s["BackupArn"] for s in summaries), sorted(arns))
    described = client.describe_backup(BackupArn=arns[2])["BackupDescription"]
    check("available", described["BackupDetails"]["BackupStatus"], "AVAILABLE")
    check("items in it", described["SourceTableDetails"]["ItemCount"], 27)
    [summary] = [s for s in summaries if s["BackupArn"] == arns[2]]
    created = described["BackupDetails"]["BackupCreationDateTime"]
    check("creation time is a time", isinstance(created, datetime.datetime))
    check("creation times", summary["BackupCreationDateTime"], created)

    restored = client.restore_table_from_backup(TargetTableName="Restored", BackupArn=arns[2])
    check("restore", restored["TableDescription"]["RestoreSummary"]["SourceBackupArn"], arns[2])
    client.get_waiter("table_exists").wait(TableName="Restored", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    late = resource.Table("Restored").query(KeyConditionExpression=Key("Artist").eq("Late"))
    check("restored items", [int(i["Number"]) for i in late["Items"]], [0, 1])
    deleted = client.delete_backup(BackupArn=arns[0])["BackupDescription"]
    check("backup deleted", deleted["BackupDetails"]["BackupStatus"], "DELETED")
    return arns


def recovery():
    spec = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 3}
    on = client.update_continuous_backups(TableName="Music", PointInTimeRecoverySpecification=spec)
    period = on["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    check("recovery period", (period["PointInTimeRecoveryStatus"], period["RecoveryPeriodInDays"]), ("ENABLED", 3))
    described = client.describe_continuous_backups(TableName="Music")["ContinuousBackupsDescription"]
    check("continuous backups", described["ContinuousBackupsStatus"], "ENABLED")
    client.restore_table_to_point_in_time(
        SourceTableName="Music", TargetTableName="Latest", UseLatestRestorableTime=True
    )
    resource.Table("Latest").wait_until_exists()
    refused(
        "restore before the period",
        client.exceptions.InvalidRestoreTimeException,
        lambda: client.restore_table_to_point_in_time(
            SourceTableName="Music", TargetTableName="Never", RestoreDateTime=datetime.datetime(2001, 1, 1)
        ),
    )


def refusals(arns):
    refused(
        "no such backup",
        client.exceptions.BackupNotFoundException,
        lambda: client.describe_backup(BackupArn=arns[0]),
        f"Backup not found: {arns[0]}",
    )
    refused(
        "no such table",
        client.exceptions.TableNotFoundException,
        lambda: client.create_backup(TableName="Nowhere", BackupName="backup"),
        "Table not found: Nowhere",
    )
    refused(
        "target exists",
        client.exceptions.TableAlreadyExistsException,
        lambda: client.restore_table_from_backup(TargetTableName="Music", BackupArn=arns[1]),
        "Table already exists: Music",
    )
    refused(
        "no such table of items",
        client.exceptions.ResourceNotFoundException,
        lambda: resource.Table("Nowhere").put_item(Item={"a": "b"}),
    )


def system_backup():
    client.delete_table(TableName="Music")
    client.get_waiter("table_not_exists").wait(TableName="Music")
    [left] = client.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    check("SYSTEM backup", left["BackupName"], "Music$DeletedTableBackup")
    kept = left["BackupExpiryDateTime"] - left["BackupCreationDateTime"]
    check("kept for", kept, datetime.timedelta(days=35))


table = create_table()
values(table)
pages(table)
arns = backups(table)
recovery()
refusals(arns)
system_backup()
print("done")
