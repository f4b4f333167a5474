// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct ClusterEndpointTests {
  @Test("an endpoint goes from named members to excluded ones and back")
  func membersOrExcluded() async throws {
    let stage = try await Stage()
    let sample = ClusterEndpoint.sample(in: stage)
    try await stage.converge(sample.resources())
    let others = Node<ClusterEndpoint>(
      "reports",
      .init(
        name: "\(stage.stack)-reports", cluster: stage.cluster.output(\.name),
        excluded: [stage.instance("b").output(\.name)], tags: stage.tags(ClusterEndpoint.name, "reports")))
    let there = try await stage.converge(sample.resources(others.resource()))
    #expect(there.updates == [others.address: ["members", "excluded"]])
    #expect(try await stage.plan(sample.resources(others.resource())).plan.steps == [])
    try await stage.converge(sample.resources())
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    try await stage.expectNoViolations()
  }
}
