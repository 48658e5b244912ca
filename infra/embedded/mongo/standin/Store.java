package standin;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstPartitionerFixedPrefixFactory;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

import de.bwaldvogel.mongo.exception.MongoServerError;

/**
 * The disk: a RocksDB with a column family for each kind of entry. A batch is written whole or not at all and is in
 * the log file (and the page cache) when {@link #write} returns; {@link #awaitDurable} returns when it is on the disk.
 */
final class Store implements AutoCloseable {
    private static final long MEBIBYTE = 1 << 20;

    static {
        RocksDB.loadLibrary();
    }

    /** A column family, and its number in a batch. */
    static final class Family {
        final int id;
        private final ColumnFamilyHandle handle;

        private Family(ColumnFamilyHandle handle) {
            this.handle = handle;
            id = handle.getID();
        }
    }

    final Family catalog;
    /** Collection id and record id to BSON. */
    final Family documents;
    /** Index id and key to record id, one for each key. */
    final Family unique;
    /** Index id, key and record id to nothing. */
    final Family ordered;

    private final RocksDB rocks;
    private final DBOptions options;
    private final WriteOptions writeOptions = new WriteOptions();
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final Path folder;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition synced = lock.newCondition();
    private boolean syncing;
    private long syncedUpTo;

    Store(Path folder) {
        this.folder = folder;
        // In few parts: a block larger than a part is never kept, and is read again each time.
        LRUCache cache = new LRUCache(32 * MEBIBYTE, 2);
        options = new DBOptions()
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            // Whatever a kill has torn off the end was not acknowledged; everything before it must be whole.
            .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
            .setMaxTotalWalSize(192 * MEBIBYTE)
            .setDbWriteBufferSize(96 * MEBIBYTE)
            .setMaxBackgroundJobs(2)
            .setMaxOpenFiles(1024)
            .setBytesPerSync(MEBIBYTE)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setKeepLogFileNum(3);
        try {
            Files.createDirectories(folder);
            rocks = RocksDB.open(options, folder.toString(), List.of(
                new ColumnFamilyDescriptor("default".getBytes(), options(tables(cache))
                    .setCompressionType(CompressionType.NO_COMPRESSION)),
                // Records come in the order of their keys. Where a file holds one collection only, it never has to be
                // merged with another one.
                new ColumnFamilyDescriptor("documents".getBytes(), options(tables(cache))
                    .setSstPartitionerFactory(new SstPartitionerFixedPrefixFactory(Integer.BYTES))),
                // Nearly every look-up of a new _id finds nothing: filters answer without reading. In parts, so that
                // those of old files need not be in memory.
                new ColumnFamilyDescriptor("unique".getBytes(), seldomMerged(tables(cache)
                        .setFilterPolicy(new BloomFilter(10))
                        .setPartitionFilters(true)
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        .setPinTopLevelIndexAndFilter(true))
                    .setMemtableWholeKeyFiltering(true)
                    .setMemtablePrefixBloomSizeRatio(0.02)),
                new ColumnFamilyDescriptor("ordered".getBytes(), seldomMerged(tables(cache)))), families);
        } catch (RocksDBException | java.io.IOException e) {
            throw new IllegalStateException("the data in " + folder + " cannot be opened: " + e.getMessage(), e);
        }
        catalog = new Family(families.get(0));
        documents = new Family(families.get(1));
        unique = new Family(families.get(2));
        ordered = new Family(families.get(3));
    }

    private static BlockBasedTableConfig tables(LRUCache cache) {
        return new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setBlockSize(8 * 1024)
            // In the cache too, so that memory does not grow with the data.
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true);
    }

    private static ColumnFamilyOptions options(BlockBasedTableConfig tables) {
        return new ColumnFamilyOptions()
            .setTableFormatConfig(tables)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setWriteBufferSize(48 * MEBIBYTE)
            // One merge may last minutes, and new files come all the while, in every family: the library's 20 would slow
            // writers down though nothing is wrong.
            .setLevel0SlowdownWritesTrigger(100)
            .setLevel0StopWritesTrigger(150)
            .setLevelCompactionDynamicLevelBytes(true);
    }

    /**
     * For keys that come from everywhere. Where 24 runs may lie beside each other an entry is written two or three times
     * in all, where 4 may, the library's default, eight times and more; a look-up then asks up to 24.
     */
    private static ColumnFamilyOptions seldomMerged(BlockBasedTableConfig tables) {
        return options(tables)
            .setCompactionStyle(CompactionStyle.UNIVERSAL)
            .setLevel0FileNumCompactionTrigger(24);
    }

    byte[] get(Family family, byte[] key) {
        try {
            return rocks.get(family.handle, key);
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    List<byte[]> getAll(Family family, List<byte[]> keys) {
        try {
            return rocks.multiGetAsList(java.util.Collections.nCopies(keys.size(), family.handle), keys);
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    RocksIterator iterate(Family family) {
        return rocks.newIterator(family.handle);
    }

    void write(Batch batch) {
        try (WriteBatch written = batch.toWriteBatch()) {
            rocks.write(writeOptions, written);
        } catch (RocksDBException e) {
            throw failed("written to", e);
        }
    }

    /** Removes all keys from {@code from} to before {@code to}. */
    void deleteRange(Family family, byte[] from, byte[] to) {
        try {
            rocks.deleteRange(family.handle, from, to);
        } catch (RocksDBException e) {
            throw failed("written to", e);
        }
    }

    /**
     * Returns when everything written before the call is on the disk. One thread at a time forces the log; whoever
     * comes meanwhile waits, and the next force serves them all.
     */
    void awaitDurable() {
        long mine = rocks.getLatestSequenceNumber();
        lock.lock();
        try {
            while (syncedUpTo < mine) {
                if (syncing) {
                    synced.awaitUninterruptibly();
                    continue;
                }
                syncing = true;
                long upTo = rocks.getLatestSequenceNumber();
                lock.unlock();
                boolean done = false;
                try {
                    rocks.syncWal();
                    done = true;
                } catch (RocksDBException e) {
                    throw failed("forced to disk", e);
                } finally {
                    lock.lock();
                    syncing = false;
                    if (done) {
                        syncedUpTo = upTo;
                    }
                    synced.signalAll();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    long bytesOnDisk() {
        try (var files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (java.io.IOException e) {
            return 0;
        }
    }

    private MongoServerError failed(String what, RocksDBException cause) {
        return new MongoServerError(1, "InternalError", "the data in " + folder + " cannot be " + what + ": " + cause.getMessage(),
            cause);
    }

    @Override
    public void close() {
        families.forEach(ColumnFamilyHandle::close);
        try {
            rocks.syncWal();
            rocks.closeE();
        } catch (RocksDBException e) {
            throw failed("closed", e);
        } finally {
            options.close();
        }
    }
}
