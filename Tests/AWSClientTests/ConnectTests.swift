// SPDX-License-Identifier: Apache-2.0

import Core
import Logging
import Testing

@testable import AWSClient

@Suite("A client from its settings")
struct ConnectTests {
  private struct Input: InputStructure {
    static let shape = TestOperations.describe.input
    var name: String?

    var fields: Fields {
      var fields = Fields(count: 2)
      fields.set(0, name)
      return fields
    }
  }

  private struct Output: OutputStructure {
    static let shape = TestOperations.describe.output
    let items: [String]?

    init(fields: Fields) {
      items = fields.get(0)
    }
  }

  private let describe = Operation<Input, Output>(TestOperations.describe)

  private func settings(
    _ environment: [String: String], _ transport: any Transport, home: TestHome? = nil, region: String? = nil
  ) -> ClientSettings {
    let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"]
    var settings = ClientSettings(
      environment: keys.merging(environment) { $1 }, home: home?.path, region: region,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    settings.transport = transport
    settings.time = VirtualTime().source
    settings.random = { 0 }
    settings.userAgent = "harecon/9.9"
    return settings
  }

  @Test("a typed call goes to the region's endpoint, says who makes it, and comes back typed")
  func call() async throws {
    let transport = ScriptedTransport(.success(.json("{\"items\":[\"a\"]}")))
    let settings = settings(["AWS_REGION": "us-gov-west-1"], transport)
    let aws = try await AWS.connect(settings)
    #expect(aws.region == "us-gov-west-1")
    #expect(aws.partition == "aws-us-gov")
    #expect(try await aws(describe, Input(name: "x")).items == ["a"])
    let request = try #require(transport.requests.first)
    #expect(request.host == "logs.us-gov-west-1.amazonaws.com")
    #expect(request.headers.contains { $0.name == "User-Agent" && $0.value == "harecon/9.9" })
    #expect(settings.log.total.calls == 1)
  }

  @Test("a listing is all its pages")
  func all() async throws {
    let transport = ScriptedTransport(
      .success(.json("{\"items\":[\"a\"],\"nextToken\":\"1\"}")), .success(.json("{\"nextToken\":\"2\"}")),
      .success(.json("{\"items\":[\"b\",\"c\"]}")))
    let aws = try await AWS.connect(settings([:], transport, region: "eu-west-1"))
    #expect(try await aws.all(describe, Input(), \.items) == ["a", "b", "c"])
  }

  @Test("the spec's region goes before the environment's")
  func regionOfTheSpec() async throws {
    let aws = try await AWS.connect(
      settings(["AWS_REGION": "us-east-1"], ScriptedTransport(.success(.json("{}"))), region: "eu-west-1"))
    #expect(aws.region == "eu-west-1")
  }

  @Test("the profile sets endpoints, attempts, FIPS and dual stack")
  func profile() async throws {
    let home = try TestHome(
      config: "[default]\nregion = us-east-1\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\nmax_attempts = 2"
    )
    let transport = ScriptedTransport(.success(.error("InternalFailure", status: 500)))
    let aws = try await AWS.connect(settings([:], transport, home: home))
    await #expect(throws: CallError.self) { try await aws(describe, Input()) }
    #expect(transport.requests.map(\.host) == ["logs-fips.us-east-1.api.aws", "logs-fips.us-east-1.api.aws"])
  }

  @Test("a region that does not exist is refused before anything is sent")
  func unknownRegion() async throws {
    let transport = ScriptedTransport(.success(.json("{}")))
    let error = await #expect(throws: CallError.self) {
      try await AWS.connect(settings([:], transport, region: "us-esat"))
    }
    #expect(error?.code == "UnknownRegion")
    #expect(transport.requests.isEmpty)
  }

  @Test("a configuration file that cannot be read is an error with its place")
  func brokenFile() async throws {
    let home = try TestHome(config: "[default]\nregion us-east-1")
    let error = await #expect(throws: CallError.self) {
      try await AWS.connect(settings([:], ScriptedTransport(.success(.json("{}"))), home: home))
    }
    #expect(error?.message.hasSuffix(".aws/config:2: the line is neither a section nor \"name = value\"") == true)
  }

  @Test("a whole call goes over the wire to an endpoint that was set")
  func overTheWire() async throws {
    let server = try FixtureServer()
    let settings = settings(
      ["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://\(server.host)/base"], try CurlTransport(), region: "eu-west-1")
    let aws = try await AWS.connect(settings)
    // The server answers with an echo, whose members this operation does not have.
    #expect(try await aws(describe, Input(name: "x")).items == nil)
    #expect(try await server.journal().requests == ["POST /base/"])
  }
}
