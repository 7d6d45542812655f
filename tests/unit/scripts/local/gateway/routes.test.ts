import { describe, expect, it } from 'vitest'
import { routeFinder } from '../../../../../scripts/local/gateway/routes.ts'

const find = routeFinder([
  { method: 'GET', path: '/api/v1/dashboards/*', step: 'dashboards', port: 2 },
  { method: 'POST', path: '/api/v1/dashboards/regenerate', step: 'dashboards', port: 2 },
  { method: 'POST', path: '/api/v1/signals', step: 'ingest-signal', port: 1 },
  { method: 'GET', path: '/api/v1/signals*', step: 'portfolio-builder', port: 3 },
  { method: 'GET', path: '/api/v1/signals/{id}/decision', step: 'dashboards', port: 2 },
])

describe('gateway routes', () => {
  it.each([
    ['POST', '/api/v1/signals', 'ingest-signal'],
    ['GET', '/api/v1/signals', 'portfolio-builder'],
    ['GET', '/api/v1/signals/x', 'portfolio-builder'],
    ['GET', '/api/v1/signals/x/decision', 'dashboards'],
    ['GET', '/api/v1/dashboards/client', 'dashboards'],
    ['POST', '/api/v1/dashboards/regenerate', 'dashboards'],
  ])('%s %s goes to %s', (method, path, step) => {
    expect(find(method, path)).toMatchObject({ kind: 'route', step })
  })

  it('tells which methods an address takes', () => {
    expect(find('DELETE', '/api/v1/signals')).toEqual({ kind: 'method', allowed: ['POST', 'GET'] })
  })

  it.each(['/', '/api/v1/signal', '/api/v1/dashboards', '/API/v1/signals'])('finds nothing at %s', path => {
    expect(find('GET', path)).toEqual({ kind: 'nothing' })
  })
})
