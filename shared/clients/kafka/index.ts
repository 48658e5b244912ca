export {
  type AcknowledgedProducer,
  createAcknowledgedProducer,
  type OutgoingRecord,
} from './acknowledged-producer.ts';
export { createKafka, type KafkaOptions } from './kafka.ts';
export { partitionOf } from './partition.ts';
