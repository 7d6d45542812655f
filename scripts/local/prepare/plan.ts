import type { Pipeline } from '../../pipeline.ts'

/** What the runner has to know of pipeline.yaml; it reads no YAML itself, to stay small. */
export interface LocalPlan {
  /** Steps by the system whose process they run in, in the order of the file. */
  systems: { name: string; steps: string[]; environment: Record<string, string> }[]
  routes: { method: string; path: string; step: string; system: string }[]
}

/** Systems that are guests in another's process here: each process more takes 100 MB, of 1.5 GB for all. In the cloud each stands alone. */
const guests: Record<string, string> = { dashboards: 'account-data', portfolio: 'account-data', alerts: 'account-data' }

const hostOf = (system: string): string => guests[system] ?? system

export function localPlan({ steps }: Pipeline): LocalPlan {
  const systems = Map.groupBy(Object.entries(steps), ([, { system }]) => hostOf(system))
  return {
    systems: [...systems].map(([name, members]) => ({
      name,
      steps: members.map(([step]) => step),
      environment: Object.assign(
        {},
        ...members.map(([step, { source, environment }]) => (source === step ? {} : { ...environment, STEP_SOURCE: source })),
      ),
    })),
    routes: Object.entries(steps).flatMap(([step, { system, paths }]) =>
      paths.map(address => {
        const [method = '', path = ''] = address.split(' ')
        return { method, path, step, system: hostOf(system) }
      }),
    ),
  }
}
