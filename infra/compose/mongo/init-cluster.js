// Run by mongosh in mongos: the administrator, the shards of SHARDS (separated by ;), and the user of the functions,
// who may read and write the events' database and nothing else. Safe to repeat; a changed password is taken over.
const { readFileSync } = require('node:fs');

const { SHARDS, DATABASE, SECRETS = '/run/secrets' } = process.env;
const secret = (name) => readFileSync(`${SECRETS}/${name}`, 'utf8').trim();
const admin = db.getSiblingDB('admin');

const root = { user: 'root', pwd: secret('mongodb-root-password'), roles: ['root'] };
try {
  // Possible without a password exactly once: from this machine, while there is no user.
  admin.createUser(root);
  print('user root');
} catch (error) {
  if (!['Unauthorized', 'Location51003'].includes(error.codeName)) throw error;
}
if (!admin.auth(root.user, root.pwd))
  throw new Error('user root: the password in mongodb-root-password is another');

const known = admin.runCommand({ listShards: 1 }).shards.map(({ _id }) => _id);
for (const shard of SHARDS.split(';')) {
  const name = shard.split('/')[0];
  if (known.includes(name)) continue;
  const result = admin.runCommand({ addShard: shard, name });
  if (!result.ok) throw new Error(`shard ${name}: ${result.errmsg}`);
  print(`shard ${name}`);
}

const pipeline = { pwd: secret('mongodb-pipeline-password'), roles: [{ role: 'readWrite', db: DATABASE }] };
if (admin.getUser('pipeline') === null) {
  admin.createUser({ user: 'pipeline', ...pipeline });
  print('user pipeline');
} else {
  admin.updateUser('pipeline', pipeline);
}
