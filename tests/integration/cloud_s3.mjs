// The JavaScript SDK against an S3 at AWS_ENDPOINT_URL, for
// cloud_s3_clients_test.py: node cloud_s3.mjs NODE_MODULES BUCKET.

import assert from 'node:assert';
import {createHash, randomBytes} from 'node:crypto';
import {createRequire} from 'node:module';

const [modules, bucket] = process.argv.slice(2);
const load = createRequire(modules + '/');
const sdk = load('@aws-sdk/client-s3');
const {Upload} = load('@aws-sdk/lib-storage');

const client = new sdk.S3Client({forcePathStyle: true});
const send = (name, input) =>
    client.send(new sdk[name + 'Command']({Bucket: bucket, ...input}));
const bytesOf = async (Key, more = {}) =>
    Buffer.from(await (await send('GetObject', {Key, ...more}))
        .Body.transformToByteArray());
const digest = (data) => createHash('sha256').update(data).digest('hex');

await send('CreateBucket', {});
await send('PutObject', {Key: 'a/ü b', Body: 'hello', Metadata: {m: '1'}});
const got = await send('GetObject', {Key: 'a/ü b', ChecksumMode: 'ENABLED'});
assert.equal(await got.Body.transformToString(), 'hello');
assert.deepEqual(got.Metadata, {m: '1'});
assert.ok(got.ChecksumCRC32);

for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256']) {
  await send('PutObject', {Key: 'sum', Body: 'x', ChecksumAlgorithm});
  assert.equal((await bytesOf('sum', {ChecksumMode: 'ENABLED'})).toString(),
      'x');
}

const large = randomBytes(17 << 20);
const upload = new Upload({
  client, partSize: 5 << 20, queueSize: 3,
  params: {Bucket: bucket, Key: 'large', Body: large, ContentType: 'a/b'},
});
await upload.done();
assert.equal(digest(await bytesOf('large')), digest(large));
assert.equal(digest(await bytesOf('large', {Range: 'bytes=100-199'})),
    digest(large.subarray(100, 200)));

const keys = [];
for await (const page of sdk.paginateListObjectsV2(
    {client, pageSize: 1}, {Bucket: bucket})) {
  keys.push(...(page.Contents ?? []).map((object) => object.Key));
}
assert.deepEqual(keys, ['a/ü b', 'large', 'sum']);

await assert.rejects(send('GetObject', {Key: 'none'}), {name: 'NoSuchKey'});
await assert.rejects(client.send(new sdk.ListObjectsV2Command(
    {Bucket: 'no-such-bucket'})), {name: 'NoSuchBucket'});
await send('DeleteObjects',
    {Delete: {Objects: keys.map((Key) => ({Key}))}});
await send('DeleteBucket', {});
console.log('all well');
