// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("A spec becomes a stack")
struct StackTests {
  @Test("the reference spec is read, with the place of every value")
  func reference() throws {
    let reading = SpecFile.read(try Repository.bytes("specs/payments.yaml"), file: "payments.yaml")
    #expect(reading.lines == [])
    let stack = try #require(reading.stack)
    #expect(stack.name == "payments")
    #expect(stack.account == "111122223333")
    #expect(stack.tags.dictionary == ["owner": "dbre"])
    #expect(stack.network.cidr == .octets(10, 20, 0, 0, prefix: 16))
    #expect(stack.network.zones.map(\.value) == ["us-east-1a", "us-east-1b", "us-east-1c"])
    #expect(stack.cluster.version.wanted == EngineVersion(15, 10))
    #expect(stack.cluster.members.map(\.tier) == [0, 0, 1])
    #expect(stack.cluster.members.map(\.$zone.span.start.line) == [22, 23, 24])
    #expect(stack.dns.ttl == .seconds(5))
    #expect(stack.dns.$ttl.span.start == SourcePosition(line: 34, column: 8))
  }

  @Test("what the spec leaves out has its documented default and the place of its section")
  func defaults() throws {
    let stack = try #require(SpecFile.read(try Repository.bytes("specs/minimal.yaml"), file: "minimal.yaml").stack)
    #expect(stack.cluster.port == 5432)
    #expect(stack.cluster.$port.isDefault)
    #expect(stack.cluster.$port.span == stack.$cluster.span)
    #expect(stack.objectives.failoverWithin == .seconds(120))
    #expect(stack.network.endpoints.contains { $0.value == .rdsData })
    #expect(stack.cluster.logExports.map(\.span) == [stack.$cluster.span])
    #expect(stack.encryption.rotateEvery == .days(365))
  }

  @Test("a subnet's range follows from its zone's letter, whatever the order of the zones")
  func subnets() throws {
    let text = try minimal(
      ("[us-east-1a, us-east-1b, us-east-1c]", "[us-east-1c, us-east-1a, us-east-1b, us-east-1f]"))
    let network = try #require(read(text).stack).network
    #expect(network.subnet(in: "us-east-1a")?.description == "10.30.0.0/24")
    #expect(network.subnet(in: "us-east-1f")?.description == "10.30.5.0/24")
  }
}
