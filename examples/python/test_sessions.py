"""Tests of a table of sessions that end by themselves. unittest runs them, and so does pytest:

python3 -m unittest
"""

import datetime
import unittest

from boto3.dynamodb.conditions import Attr
from botocore.config import Config
from tidemark import Tidemark


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Tidemark()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.server.reset()
        self.table = self.server.resource().create_table(
            TableName="Sessions",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "ID", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "ID", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
        )
        self.client = self.table.meta.client
        self.client.update_time_to_live(
            TableName="Sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "Until"}
        )

    def begin(self, session):
        until = self.server.now() + datetime.timedelta(hours=1)
        self.table.put_item(
            Item={"ID": session, "Until": int(until.timestamp())}, ConditionExpression=Attr("ID").not_exists()
        )

    def test_condition(self):
        self.begin("1")
        with self.assertRaises(self.client.exceptions.ConditionalCheckFailedException):
            self.begin("1")
        self.server.advance("61m")
        self.begin("1")

    def test_stream(self):
        """The stream tells of what the table has deleted by itself."""
        self.begin("1")
        self.server.advance("2h")
        streams = self.server.client("dynamodbstreams")
        arn = self.table.latest_stream_arn
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
        self.assertEqual(["INSERT", "REMOVE"], [r["eventName"] for r in records])
        self.assertEqual("dynamodb.amazonaws.com", records[1]["userIdentity"]["PrincipalId"])

    def test_earlier_time(self):
        """A session that has ended is found in a table of an hour ago."""
        self.client.update_continuous_backups(
            TableName="Sessions", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        self.begin("1")
        begun = self.server.now()
        self.server.advance("2h")
        self.assertEqual(0, self.table.scan()["Count"])
        self.client.restore_table_to_point_in_time(
            SourceTableName="Sessions", TargetTableName="Before", RestoreDateTime=begun
        )
        self.assertEqual(1, self.client.scan(TableName="Before")["Count"])


class Throttled(unittest.TestCase):
    def test_throttled(self):
        """A second has the capacity of a second. boto3 would try again, and wait by the machine's clock."""
        server = Tidemark("-throughput", "on")
        self.addCleanup(server.close)
        client = server.client(config=Config(retries={"total_max_attempts": 1}))
        client.create_table(
            TableName="Counts",
            AttributeDefinitions=[{"AttributeName": "ID", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "ID", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )
        put = {"TableName": "Counts", "Item": {"ID": {"S": "1"}}}
        client.put_item(**put)
        with self.assertRaises(client.exceptions.ProvisionedThroughputExceededException):
            client.put_item(**put)
        server.advance("1s")
        client.put_item(**put)
