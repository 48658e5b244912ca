export { type AcknowledgedProducer, createAcknowledgedProducer } from './acknowledged-producer.ts';
export type { OutgoingRecord } from './flight.ts';
export { createKafka, type KafkaOptions } from './kafka.ts';
export { makeTopics } from './make-topics.ts';
