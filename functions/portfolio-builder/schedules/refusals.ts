import { TimeTableRefused } from '../../../shared/cloud/schedules.ts'
import { Problem } from '../../../shared/runtime/problem.ts'

export const unknownSchedule = (step: string) =>
  new Problem({ status: 404, code: 'UNKNOWN_SCHEDULE', detail: `No schedule starts ${step}. GET /api/v1/schedules lists them all.` })

export const stale = (step: string, { yours, current }: { yours: string; current: string }) =>
  new Problem({
    status: 409,
    code: 'VERSION_CONFLICT',
    detail: `The schedule of ${step} was changed meanwhile: you sent version ${yours}, it has version ${current}. Read it again and repeat the change.`,
    figures: { your_version: yours, current_version: current },
  })

/** DEADLINE_EXCEEDED and UNAVAILABLE of gRPC. */
const unreachable: unknown[] = [4, 14]

/** What the scheduler answers, or its refusal in words. */
export async function reaching<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TimeTableRefused) throw new Problem({ status: 422, code: 'INVALID_CRON', detail: error.message }, { cause: error })
    if (!unreachable.includes((error as { code?: unknown }).code)) throw error
    const detail = 'The scheduler cannot be reached now. Nothing was changed for certain; read the schedules and try again.'
    throw new Problem({ status: 503, code: 'SCHEDULER_UNAVAILABLE', detail }, { cause: error })
  }
}
