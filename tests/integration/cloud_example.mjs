// AWS's example by its JavaScript SDK, for cloud_example_test.py:
// node cloud_example.mjs NODE_MODULES BUCKET ARCHIVE PACKAGE
// compiles and packages the model in ARCHIVE, and writes PACKAGE.

import assert from 'node:assert';
import {createReadStream, createWriteStream} from 'node:fs';
import {createRequire} from 'node:module';
import {pipeline} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';

const [modules, bucket, archive, packageFile] = process.argv.slice(2);
const load = createRequire(modules + '/');
const {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  waitUntilBucketExists,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} = load('@aws-sdk/client-s3');
const {
  CreateCompilationJobCommand,
  CreateEdgePackagingJobCommand,
  DescribeCompilationJobCommand,
  DescribeEdgePackagingJobCommand,
  SageMakerClient,
} = load('@aws-sdk/client-sagemaker');

const s3 = new S3Client({forcePathStyle: true});
const sagemaker = new SageMakerClient({});
const waiter = {client: s3, maxWaitTime: 240, minDelay: 1, maxDelay: 2};
const RoleArn = 'arn:aws:iam::000000000000:role/SageMakerRole';

// The job's description once it has ended well.
async function completed(command, status) {
  for (const end = Date.now() + 240_000; Date.now() < end; await sleep(200)) {
    const job = await sagemaker.send(command);
    if (job[status] === 'COMPLETED') return job;
    assert.ok(!['FAILED', 'STOPPED'].includes(job[status]),
        JSON.stringify(job));
  }
  assert.fail('the job does not end');
}

await s3.send(new CreateBucketCommand({Bucket: bucket}));
await waitUntilBucketExists(waiter, {Bucket: bucket});
await s3.send(new PutObjectCommand({
  Bucket: bucket,
  Key: 'models/defect-detector.tar.gz',
  Body: createReadStream(archive),
}));

const CompilationJobName = 'javascript-defect-detector';
await sagemaker.send(new CreateCompilationJobCommand({
  CompilationJobName,
  RoleArn,
  InputConfig: {
    S3Uri: `s3://${bucket}/models/defect-detector.tar.gz`,
    DataInputConfig: '{"input": [1, 3, 224, 224]}',
    Framework: 'PYTORCH',
  },
  OutputConfig: {
    S3OutputLocation: `s3://${bucket}/compiled/`,
    TargetPlatform: {Os: 'LINUX', Arch: 'X86_64'},
  },
  StoppingCondition: {MaxRuntimeInSeconds: 900},
}));
const artifact = {
  Bucket: bucket,
  Key: 'compiled/defect-detector-LINUX_X86_64.tar.gz',
};
await waitUntilObjectExists(waiter, artifact);
const compiled = await completed(
    new DescribeCompilationJobCommand({CompilationJobName}),
    'CompilationJobStatus');
assert.equal(compiled.ModelArtifacts.S3ModelArtifacts,
    `s3://${artifact.Bucket}/${artifact.Key}`);
assert.ok(compiled.CompilationEndTime instanceof Date);

const EdgePackagingJobName = 'javascript-package';
await sagemaker.send(new CreateEdgePackagingJobCommand({
  EdgePackagingJobName,
  CompilationJobName,
  ModelName: 'defect-detector',
  ModelVersion: '1.0',
  RoleArn,
  OutputConfig: {S3OutputLocation: `s3://${bucket}/packaged/`},
}));
const packaged = await completed(
    new DescribeEdgePackagingJobCommand({EdgePackagingJobName}),
    'EdgePackagingJobStatus');
assert.equal(packaged.ModelArtifact,
    `s3://${bucket}/packaged/defect-detector-1.0.tar.gz`);

const got = await s3.send(new GetObjectCommand({
  Bucket: bucket,
  Key: 'packaged/defect-detector-1.0.tar.gz',
}));
await pipeline(got.Body, createWriteStream(packageFile));

await s3.send(new DeleteObjectCommand(artifact));
await waitUntilObjectNotExists(waiter, artifact);
