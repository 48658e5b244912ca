import { PipelineError } from '../../../shared/errors/index.ts';

/** This process is no longer the member that the partition was assigned to; whoever holds it now goes on. */
export class NotMemberError extends PipelineError {
  constructor(groupId: string, reason: string) {
    super('NOT_MEMBER', `No longer a member of group ${groupId} in this generation (${reason})`);
  }
}
