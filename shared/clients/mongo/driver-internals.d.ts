/** What the driver's own bulk writes send documents with; not part of its public interface, and so pinned by a test. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string);
    /** @param bytes one or several whole documents as BSON; `document` is what command monitoring would show. */
    push(document: object, bytes: Buffer): number;
  }
}
