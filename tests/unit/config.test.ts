import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../shared/config/index.ts';
import { SettingsError } from '../../shared/errors/index.ts';

describe('readSettings', () => {
  test('an empty environment gives the embedded defaults', () => {
    const settings = readSettings({});
    expect(settings.kafkaBootstrapServers).toBe('127.0.0.1:9092');
    expect(settings.mongodbUri).toBe('mongodb://127.0.0.1:27017');
    expect(settings.eventsPartitions).toBe(2);
  });

  test.each([
    [{ ENGINES: 'compose' }, 6],
    [{ ENGINES: 'external' }, 6],
    [{ ENGINES: 'compose', EVENTS_PARTITIONS: '12' }, 12],
    [{ EVENTS_PARTITIONS: '4' }, 4],
  ])('partitions with %j: %i', (env, expected) => {
    expect(readSettings(env).eventsPartitions).toBe(expected);
  });

  test('three embedded brokers take consecutive ports', () => {
    expect(readSettings({ KAFKA_BROKERS: '3' }).kafkaBootstrapServers).toBe(
      '127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094',
    );
  });

  test('every bad setting is named in one error', () => {
    const read = () => readSettings({ GATEWAY_PORT: 'http', KAFKA_BROKERS: '2', MONGODB_URI: 'localhost' });
    expect(read).toThrow(SettingsError);
    try {
      read();
    } catch (error) {
      const { problems } = error as SettingsError;
      expect(problems.map((p) => p.split(':')[0]).sort()).toEqual([
        'GATEWAY_PORT',
        'KAFKA_BROKERS',
        'MONGODB_URI',
      ]);
    }
  });
});
