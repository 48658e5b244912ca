// Run by mongosh in the first member: makes the replica set REPLICA_SET of MEMBERS, unless it is one, and waits until
// it has a primary. Safe to repeat.
const { REPLICA_SET, MEMBERS } = process.env;

if (db.hello().setName === undefined) {
  const members = MEMBERS.split(',').map((host, _id) => ({ _id, host }));
  const result = db.adminCommand({
    replSetInitiate: { _id: REPLICA_SET, members, ...(REPLICA_SET === 'config' && { configsvr: true }) },
  });
  if (!result.ok && result.codeName !== 'AlreadyInitialized')
    throw new Error(`${REPLICA_SET}: ${result.errmsg}`);
  print(`replica set ${REPLICA_SET}: ${members.length} members`);
}
const deadline = Date.now() + 60_000;
while (db.hello().primary === undefined) {
  if (Date.now() > deadline) throw new Error(`replica set ${REPLICA_SET}: no primary after 60 s`);
  sleep(500);
}
