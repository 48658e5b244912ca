import { eventCounts, topEvents, uniqueUsers } from './analytics-questions.ts';
import { funnel, retention, revenue, sessions, topUsers } from './behaviour-questions.ts';
import { eventsOfType, userEvents } from './lookup-questions.ts';
import type { Dependencies, Question } from './question.ts';

/** All questions, in the order of the document. */
export function createQuestions(dependencies: Dependencies): Question[] {
  return [
    eventCounts,
    uniqueUsers,
    topEvents,
    topUsers,
    funnel,
    retention,
    sessions,
    revenue,
    userEvents,
    eventsOfType,
  ].map((create) => create(dependencies));
}
