import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { itWith, publish, serverUnderTest } from './harness.ts'

const { pubsub, publisher, projectId, name, topicPath, subscriptionPath } = await serverUnderTest()

describe('topics', () => {
  it('are created, found, listed and deleted', async () => {
    const short = name('life')
    const [topic] = await pubsub.createTopic(short)
    expect(topic.name).toBe(topicPath(short))
    expect((await topic.getMetadata())[0].name).toBe(topicPath(short))
    expect((await pubsub.getTopics())[0].map(found => found.name)).toContain(topicPath(short))
    await topic.delete()
    expect(await topic.exists()).toEqual([false])
  })

  it('keep their labels', async () => {
    const [topic] = await pubsub.createTopic({ name: topicPath(name('labels')), labels: { team: 'desk' } })
    expect((await topic.getMetadata())[0].labels).toEqual({ team: 'desk' })
  })

  it('are refused a second time with ALREADY_EXISTS', async () => {
    const short = name('twice')
    await pubsub.createTopic(short)
    await expect(pubsub.createTopic(short)).rejects.toMatchObject({ code: status.ALREADY_EXISTS })
  })

  it.each(['1starts-with-a-digit', 'no', 'goog-reserved', 'with space', 'x'.repeat(256)])('are refused the name %s', async short => {
    await expect(publisher.createTopic({ name: topicPath(short) })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('that do not exist are NOT_FOUND, for each call', async () => {
    const topic = topicPath('missing')
    await expect(publisher.getTopic({ topic })).rejects.toMatchObject({ code: status.NOT_FOUND })
    await expect(publisher.deleteTopic({ topic })).rejects.toMatchObject({ code: status.NOT_FOUND })
    await expect(publish(pubsub.topic('missing'), 'x')).rejects.toMatchObject({ code: status.NOT_FOUND })
  })

  itWith('topic of a list')('that do not exist have no list of subscriptions', async () => {
    await expect(publisher.listTopicSubscriptions({ topic: topicPath('missing') })).rejects.toMatchObject({ code: status.NOT_FOUND })
  })

  itWith('update topic')('change only what the mask of an update names', async () => {
    const path = topicPath(name('masked'))
    await publisher.createTopic({ name: path, labels: { team: 'desk' } })
    await publisher.updateTopic({ topic: { name: path, labels: { team: 'risk' } }, updateMask: { paths: ['labels'] } })
    expect((await publisher.getTopic({ topic: path }))[0].labels).toEqual({ team: 'risk' })
  })

  it('refuse an update without a mask, and of a field that cannot change', async () => {
    const path = topicPath(name('refusing'))
    await publisher.createTopic({ name: path })
    await expect(publisher.updateTopic({ topic: { name: path } })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
    await expect(publisher.updateTopic({ topic: { name: path }, updateMask: { paths: ['name'] } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    })
  })

  it('come in pages, each once', async () => {
    const names = ['page-a', 'page-b', 'page-c'].map(topicPath)
    for (const path of names) await publisher.createTopic({ name: path })
    const found: string[] = []
    let pageToken = ''
    do {
      const request = { project: `projects/${projectId}`, pageSize: 2, pageToken }
      const [topics, , response] = await publisher.listTopics(request, { autoPaginate: false })
      expect(topics.length).toBeLessThanOrEqual(2)
      found.push(...topics.map(topic => topic.name ?? ''))
      pageToken = response.nextPageToken ?? ''
    } while (pageToken)
    expect(found.filter(path => names.includes(path))).toEqual(names)
    expect(new Set(found).size).toBe(found.length)
  })

  it('list their subscriptions', async () => {
    const [topic] = await pubsub.createTopic(name('listing'))
    const subscriptions = [name('first'), name('second')]
    for (const short of subscriptions) await topic.createSubscription(short)
    expect((await topic.getSubscriptions())[0].map(found => found.name).toSorted()).toEqual(subscriptions.map(subscriptionPath).toSorted())
  })

  it('that are deleted leave subscriptions of `_deleted-topic_`, which keep their backlog and stay off a new topic of that name', async () => {
    const short = name('reborn')
    const [topic] = await pubsub.createTopic(short)
    const [subscription] = await topic.createSubscription(name('orphan'))
    await publish(topic, 'before')
    await topic.delete()
    expect((await subscription.getMetadata())[0].topic).toBe('_deleted-topic_')
    const [again] = await pubsub.createTopic(short)
    expect((await again.getSubscriptions())[0]).toEqual([])
  })
})
