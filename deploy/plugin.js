'use strict';

const fs = require('fs');
const path = require('path');

/**
 * A plugin of the Serverless Framework, for two things that it leaves to us.
 *
 * **Data that an earlier, removed stack left is taken back.** The table and the files bucket
 * outlive `osls remove` under names of their own (`DeletionPolicy`), and CloudFormation would refuse
 * to make them again. With `ImportExistingResources` its change set imports what already exists
 * under such a name, so that the next `osls deploy` finds all prices where they were. What does not
 * exist is made as ever.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
 *
 * **A deployment without a change uploads nothing.** The framework looks for changes among the zips
 * in its own folder only; those that `package.artifact` names lie elsewhere, so that it finds a
 * difference every time. They are copied to where it looks.
 */
class Deployment {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      initialize: () => this.importExistingResources(),
      'before:aws:deploy:deploy:checkForChanges': () => this.showArtifacts(),
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
}

module.exports = Deployment;
