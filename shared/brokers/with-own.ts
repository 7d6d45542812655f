import type { Broker } from './broker.ts'

/** A broker with some methods of one's own. An adapter may keep its connection in itself: its other methods stay its own. */
export const withOwn = (broker: Broker, own: Partial<Broker>): Broker =>
  new Proxy(broker, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
