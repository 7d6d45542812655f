import { readFileSync } from 'node:fs'
import type { Schedule } from '../../pipeline.ts'
import { writePrivateFile } from '../runner/private-file.ts'

/** What people have made of a schedule of the plan, and when it last ran; ISO 8601. */
interface Note {
  cron?: string
  time_zone?: string
  paused?: boolean
  changed_at?: string
  last_run?: string
}

export interface Job extends Schedule {
  paused: boolean
  changed_at: Date | null
  last_run: Date | null
}

export interface JobBook {
  jobs(): Job[]
  note(step: string, changes: Note): void
}

/** The schedules of the plan as people have changed them: what they did outlives a restart, in a file of the data directory. */
export function openJobBook(schedules: readonly Schedule[], file: string | null): JobBook {
  const notes = new Map<string, Note>(Object.entries(file === null ? {} : readNotes(file)))
  return {
    jobs: () =>
      schedules.map(schedule => {
        const {
          cron = schedule.cron,
          time_zone = schedule.time_zone,
          paused = false,
          changed_at,
          last_run,
        } = notes.get(schedule.step) ?? {}
        return { ...schedule, cron, time_zone, paused, changed_at: dateOf(changed_at), last_run: dateOf(last_run) }
      }),
    note(step, changes) {
      notes.set(step, { ...notes.get(step), ...changes })
      if (file !== null) writePrivateFile(file, Object.fromEntries(notes))
    },
  }
}

const dateOf = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text))

function readNotes(file: string): Record<string, Note> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
