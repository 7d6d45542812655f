import type { RouteKey, Routes } from '../../shared/runtime/route.ts'

/** Where each part of the API was before it had versions (POR-2). */
const older: Record<string, string> = {
  '/api/v1/strategies': '/api/strategies',
  '/api/v1/allocations': '/api/portfolio/allocations',
  '/api/v1/activity/signals': '/api/signals',
  '/api/v1/activity/orders': '/api/orders',
}

/** The same routes, at their older addresses too. */
export const withOlderPaths = (routes: Routes): Routes => ({
  ...routes,
  ...Object.fromEntries(
    Object.entries(routes).flatMap(([key, definition]) =>
      Object.entries(older)
        .filter(([path]) => key.includes(` ${path}`))
        .map(([path, former]) => [key.replace(path, former) as RouteKey, definition]),
    ),
  ),
})
