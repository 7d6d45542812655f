import type { Request } from './requests.ts'

export interface Fault {
  /** `reset`: the connection breaks; `half`: an answer begins and never ends; `answer`: this instead of what would be answered. */
  kind: 'reset' | 'half' | 'answer'
  /** Whether the request is not even carried out. */
  before: boolean
  status?: number
  body?: string | object
  headers?: Record<string, string>
}

export const isOrder = ({ method, path }: Request): boolean => method === 'POST' && /\/(order|algoOrder|orderList\/\w+)$/.test(path)
export const isCancel = ({ method }: Request): boolean => method === 'DELETE'
export const isQuestion = ({ method, path }: Request): boolean => method === 'GET' && !path.endsWith('/time')

/** What goes wrong next, each once, with the first request that it is meant for. */
export function faults() {
  const planned: { meant: (request: Request) => boolean; fault: Fault }[] = []
  return {
    /** Every answer comes this much later. */
    delayMs: 0,
    plan: (meant: (request: Request) => boolean, fault: Fault): void => void planned.push({ meant, fault }),
    /** Done before a request is carried out. */
    watch: [] as ((request: Request) => void)[],
    clear: (): void => void planned.splice(0),
    take(request: Request): Fault | null {
      for (const each of this.watch) each(request)
      const index = planned.findIndex(({ meant }) => meant(request))
      return index < 0 ? null : (planned.splice(index, 1)[0]?.fault ?? null)
    },
  }
}
