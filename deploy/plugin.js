'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

/**
 * A plugin of the Serverless Framework, for three things that it leaves to us.
 *
 * **Data that an earlier, removed stack left is taken back.** The table and the buckets in which
 * people's files lie outlive `osls remove` under names of their own (`DeletionPolicy`), and
 * CloudFormation would refuse to make them again. With `ImportExistingResources` its change set
 * imports what already exists under such a name, so that the next `osls deploy` finds all prices
 * where they were. What does not exist is made as ever.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
 *
 * **A deployment without a change uploads nothing.** The framework looks for changes among the zips
 * in its own folder only; those that `package.artifact` names lie elsewhere, so that it finds a
 * difference every time. They are copied to where it looks.
 *
 * **The page is deployed with the stack.** The files of `web/` are put into the site's bucket after
 * a deployment, those that changed and no others, and taken out before a removal, which deletes
 * only empty buckets.
 */
class Deployment {
  constructor(serverless, _options, { log } = {}) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      initialize: () => this.importExistingResources(),
      'before:aws:deploy:deploy:checkForChanges': () => this.showArtifacts(),
      'after:deploy:deploy': () => this.putPage(),
      'before:remove:remove': () => this.emptySite(),
    };
  }

  importExistingResources() {
    for (const plugin of this.serverless.pluginManager.plugins) {
      const original = plugin.getCreateChangeSetParams;
      if (typeof original !== 'function') continue;
      plugin.getCreateChangeSetParams = (options) => ({
        ...original.call(plugin, options),
        ImportExistingResources: true,
      });
    }
  }

  showArtifacts() {
    const { service, serviceDir } = this.serverless;
    for (const name of service.getAllFunctions()) {
      const artifact = path.resolve(serviceDir, service.getFunction(name).package.artifact);
      fs.copyFileSync(artifact, path.join(serviceDir, '.serverless', path.basename(artifact)));
    }
  }

  /** The bucket of the page, as serverless.yml names it. */
  get site() {
    return this.serverless.service.resources.Resources.SiteBucket.Properties.BucketName;
  }

  async s3() {
    const { S3Client } = require('@aws-sdk/client-s3');
    const provider = this.serverless.getProvider('aws');
    // An emulator has no name for each bucket.
    const forcePathStyle = Boolean(process.env.AWS_ENDPOINT_URL);
    return new S3Client({ ...(await provider.getAwsSdkV3Config()), forcePathStyle });
  }

  async putPage() {
    const { DeleteObjectCommand, PutObjectCommand } = require('@aws-sdk/client-s3');
    const folder = path.join(this.serverless.serviceDir, 'web');
    const s3 = await this.s3();
    const stands = new Map();
    for await (const { Key, ETag } of this.objects(s3)) stands.set(Key, ETag);
    let put = 0;
    for (const name of files(folder)) {
      const Body = fs.readFileSync(path.join(folder, name));
      const tag = `"${crypto.createHash('md5').update(Body).digest('hex')}"`;
      const same = stands.get(name) === tag;
      stands.delete(name);
      if (same) continue;
      await s3.send(
        new PutObjectCommand({
          Bucket: this.site,
          Key: name,
          Body,
          ContentType: contentType(name),
          // Asked for anew at every visit, and answered with 304 where it did not change.
          CacheControl: 'no-cache',
        })
      );
      put += 1;
    }
    for (const Key of stands.keys()) {
      await s3.send(new DeleteObjectCommand({ Bucket: this.site, Key }));
    }
    this.log?.notice(`Page: ${put} files uploaded, ${stands.size} removed`);
  }

  async *objects(s3) {
    const { paginateListObjectsV2 } = require('@aws-sdk/client-s3');
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: this.site })) {
      yield* page.Contents ?? [];
    }
  }

  async emptySite() {
    const { DeleteObjectCommand, ListObjectVersionsCommand } = require('@aws-sdk/client-s3');
    const s3 = await this.s3();
    try {
      for (;;) {
        const page = await s3.send(new ListObjectVersionsCommand({ Bucket: this.site }));
        const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
        if (!all.length) return;
        for (const { Key, VersionId } of all) {
          await s3.send(new DeleteObjectCommand({ Bucket: this.site, Key, VersionId }));
        }
      }
    } catch (error) {
      // A stack that never came to be has no bucket.
      if (error.name !== 'NoSuchBucket') throw error;
    }
  }
}

/** The files below a folder, by their paths in it, hidden ones left out. */
function files(folder, below = '') {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(below, entry.name);
    if (entry.name.startsWith('.')) return [];
    return entry.isDirectory() ? files(folder, name) : [name];
  });
}

/** As the local server names them (local/src/runner/site.rs). */
function contentType(name) {
  const types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.json': 'application/json',
    '.webmanifest': 'application/manifest+json',
  };
  return types[path.extname(name)] ?? 'text/plain; charset=utf-8';
}

module.exports = Deployment;
