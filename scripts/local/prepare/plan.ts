import type { Pipeline } from '../../pipeline.ts'

/** What the runner has to know of pipeline.yaml; it reads no YAML itself, to stay small. */
export interface LocalPlan {
  /** Steps by system, in the order of the file. */
  systems: { name: string; steps: string[] }[]
  routes: { method: string; path: string; step: string; system: string }[]
}

export function localPlan({ steps }: Pipeline): LocalPlan {
  const systems = Map.groupBy(Object.entries(steps), ([, { system }]) => system)
  return {
    systems: [...systems].map(([name, members]) => ({ name, steps: members.map(([step]) => step) })),
    routes: Object.entries(steps).flatMap(([step, { system, paths }]) =>
      paths.map(address => {
        const [method = '', path = ''] = address.split(' ')
        return { method, path, step, system }
      }),
    ),
  }
}
