/** The cluster whose one shard is the embedded server: what Distributed tables name. */
export const clusterName = 'analytics';
