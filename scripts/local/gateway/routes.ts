/** What the gateway has to know of one path of pipeline.yaml. */
export interface GatewayRoute {
  method: string
  /** `*` stands for the rest, `{name}` for one part. */
  path: string
  step: string
  port: number
}

export type Found =
  | { kind: 'route'; step: string; port: number }
  /** The path is known, but not with this method. */
  | { kind: 'method'; allowed: string[] }
  | { kind: 'nothing' }

interface Compiled extends GatewayRoute {
  pattern: RegExp
}

const escaped = (text: string) => text.replaceAll(/[.+?^$()[\]|\\]/g, '\\$&')

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${escaped(path)
      .replaceAll(/\{[^}]*\}/g, '[^/]+')
      .replaceAll('*', '.*')}$`,
  )

/** Exact paths come first, then those with the longest fixed beginning. */
const rank = ({ path }: GatewayRoute): number => {
  const open = path.search(/[*{]/)
  return open === -1 ? Number.MAX_SAFE_INTEGER : open
}

/** Finds the function that answers a request, as the load balancer does it in the cloud. */
export function routeFinder(routes: readonly GatewayRoute[]): (method: string, path: string) => Found {
  const compiled: Compiled[] = routes.map(route => ({ ...route, pattern: patternOf(route.path) })).sort((a, b) => rank(b) - rank(a))
  return (method, path) => {
    const matching = compiled.filter(({ pattern }) => pattern.test(path))
    const route = matching.find(each => each.method === method)
    if (route) return { kind: 'route', step: route.step, port: route.port }
    if (matching.length === 0) return { kind: 'nothing' }
    return { kind: 'method', allowed: [...new Set(matching.map(each => each.method))] }
  }
}
