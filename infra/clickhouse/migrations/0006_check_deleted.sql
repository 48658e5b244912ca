-- Events that were deleted with their user: no store need have them, and a repair leaves them out.
ALTER TABLE {database}.check_exceptions MODIFY COLUMN IF EXISTS
    state Enum8('open' = 1, 'purged' = 2, 'redriven' = 3, 'repeat' = 4, 'deleted' = 5);
