// Tests of a table of sessions that end by themselves: npm install, then npm test.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { CreateTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { start } from './tidemark.mjs';

const TableName = 'Sessions';
let server, client, stream;

before(async () => { server = await start(); });
after(() => server.close());

beforeEach(async () => {
  await server.reset();
  client = DynamoDBDocumentClient.from(new DynamoDBClient(server.settings()));
  const made = await client.send(new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'ID', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'ID', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'OLD_IMAGE' },
  }));
  stream = made.TableDescription.LatestStreamArn;
  await client.send(new UpdateTimeToLiveCommand({
    TableName, TimeToLiveSpecification: { AttributeName: 'Until', Enabled: true },
  }));
});

async function begin(ID) {
  const Until = (await server.now()).getTime() / 1000 + 3600;
  const ConditionExpression = 'attribute_not_exists(ID)';
  await client.send(new PutCommand({ TableName, Item: { ID, Until }, ConditionExpression }));
}

test('a session begins once, and again when it has ended', async () => {
  await begin('1');
  await assert.rejects(begin('1'), { name: 'ConditionalCheckFailedException' });
  await server.advance('61m');
  await begin('1');
});

test('the stream tells of what the table has deleted by itself', async () => {
  await begin('1');
  await server.advance('2h');
  assert.equal((await client.send(new ScanCommand({ TableName }))).Count, 0);

  const streams = new DynamoDBStreamsClient(server.settings());
  const described = await streams.send(new DescribeStreamCommand({ StreamArn: stream }));
  const { ShardIterator } = await streams.send(new GetShardIteratorCommand({
    StreamArn: stream, ShardId: described.StreamDescription.Shards[0].ShardId, ShardIteratorType: 'TRIM_HORIZON',
  }));
  const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator }));
  assert.deepEqual(Records.map((r) => r.eventName), ['INSERT', 'REMOVE']);
  assert.equal(Records[1].userIdentity.PrincipalId, 'dynamodb.amazonaws.com');
});
