// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Logging
import Testing

@testable import AWSClient

@Suite("Instance metadata and SSO")
struct MetadataAndSSOTests {
  private func context(
    _ transport: any Transport, _ environment: [String: String] = [:], home: TestHome, time: VirtualTime = VirtualTime()
  ) throws -> ClientContext {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var settings = ClientSettings(environment: environment, home: home.path, logger: logger)
    settings.transport = transport
    settings.time = time.source
    settings.random = { 0 }
    return try ClientContext(settings, SharedConfiguration(environment: environment, home: home.path))
  }

  private func load(_ context: ClientContext) async throws -> CredentialLookup {
    let chain = CredentialChain.standard(context, try context.endpoints(for: "eu-west-1"))
    return try await chain.load()
  }

  private func found(_ context: ClientContext) async throws -> Credentials {
    guard case .found(let credentials) = try await load(context) else {
      throw CallError(.denied, code: "NothingFound", message: "")
    }
    return credentials
  }

  // MARK: IMDS

  /// An instance with a role, which answers only to who has its token.
  private static func instance(_ request: HTTPRequest) -> HTTPResponse {
    func header(_ name: String) -> String? {
      request.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
    if request.method == "PUT", request.path == "/latest/api/token" {
      return header("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
        ? HTTPResponse(status: 200, body: Array("TOKEN".utf8)) : HTTPResponse(status: 400)
    }
    guard header("X-aws-ec2-metadata-token") == "TOKEN" else { return HTTPResponse(status: 401) }
    switch request.path {
    case "/latest/meta-data/iam/security-credentials/": return HTTPResponse(status: 200, body: Array("my-role\n".utf8))
    case "/latest/meta-data/iam/security-credentials/my-role":
      return .json(
        "{\"Code\":\"Success\",\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2027-01-15T09:00:00Z\"}"
      )
    case "/latest/meta-data/placement/region": return HTTPResponse(status: 200, body: Array("ap-south-1".utf8))
    default: return HTTPResponse(status: 404)
    }
  }

  @Test("an instance's role is read with a session token")
  func instanceRole() async throws {
    let transport = ScriptedTransport { request, _ in Self.instance(request) }
    let found = try await found(context(transport, home: TestHome()))
    #expect(found.accessKeyID == "I")
    #expect(found.expiration == Timestamp("2027-01-15T09:00:00Z"))
    #expect(Set(transport.requests.map(\.host)) == ["169.254.169.254"])
  }

  @Test("the metadata service can be elsewhere, over IPv6, or switched off")
  func metadataSettings() async throws {
    let transport = ScriptedTransport { request, _ in Self.instance(request) }
    _ = try await found(
      context(transport, ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], home: TestHome()))
    #expect(transport.requests.last?.host == "[fd00:ec2::254]")
    _ = try await found(
      context(transport, ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"], home: TestHome()))
    #expect(transport.requests.last?.host == "127.0.0.1:1338")
    let count = transport.requests.count
    guard
      case .absent(let reason) = try await load(
        context(transport, ["AWS_EC2_METADATA_DISABLED": "true"], home: TestHome()))
    else {
      Issue.record("found credentials although the metadata service is switched off")
      return
    }
    #expect(reason.contains("AWS_EC2_METADATA_DISABLED"))
    #expect(transport.requests.count == count)
  }

  @Test("an instance without a role is not an error")
  func instanceWithoutRole() async throws {
    let transport = ScriptedTransport { request, _ in
      request.path.contains("iam") ? HTTPResponse(status: 404) : Self.instance(request)
    }
    guard case .absent(let reason) = try await load(context(transport, home: TestHome())) else {
      Issue.record("found credentials on an instance without a role")
      return
    }
    #expect(reason.contains("the instance has no role"))
  }

  @Test("the region comes from the spec, the variables, the profile, the instance, in this order")
  func region() async throws {
    let transport = ScriptedTransport { request, _ in Self.instance(request) }
    let home = try TestHome(config: "[default]\nregion = from-profile-1")
    var all = try context(
      transport, ["AWS_REGION": "from-variable-1", "AWS_DEFAULT_REGION": "from-default-1"], home: home)
    #expect(try await all.region() == "from-variable-1")
    all = try context(transport, ["AWS_DEFAULT_REGION": "from-default-1"], home: home)
    #expect(try await all.region() == "from-default-1")
    #expect(try await context(transport, home: home).region() == "from-profile-1")
    #expect(transport.requests.isEmpty)
    #expect(try await context(transport, home: TestHome()).region() == "ap-south-1")
    let nowhere = ScriptedTransport(.failure(TransportError(.connect, .notSent, "no")))
    let error = await #expect(throws: CallError.self) { try await context(nowhere, home: TestHome()).region() }
    #expect(error?.code == "NoRegion")
  }

  @Test("metadata is read over the wire from a server on this machine")
  func overTheWire() async throws {
    let server = try FixtureServer()
    let context = try context(
      CurlTransport(), ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://\(server.host)"], home: TestHome())
    // This server gives no role, but it has to be asked for one in the right way.
    _ = try await load(context)
    #expect(try await server.journal().requests.first == "PUT /latest/api/token")
  }

  // MARK: SSO

  private static let config = """
    [profile dev]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Admin
    [sso-session corp]
    sso_region = us-west-2
    sso_start_url = https://corp.awsapps.com/start
    [profile old]
    sso_start_url = https://corp.awsapps.com/start
    sso_region = us-west-2
    sso_account_id = 123456789012
    sso_role_name = Admin
    """

  private static let role = HTTPResponse.json(
    "{\"roleCredentials\":{\"accessKeyId\":\"S\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\",\"expiration\":1800003600000}}"
  )

  private func cache(_ key: String) -> String { ".aws/sso/cache/\(SSOToken.fileName(key)).json" }

  @Test("cached tokens are named as the AWS command line names them")
  func cacheName() {
    // `printf corp | sha1sum`
    #expect(SSOToken.fileName("corp") == "ee0bfd2552fbd840c02cc48b6e823320543c450f")
  }

  @Test(
    "a cached token is exchanged for the role", arguments: [("dev", "corp"), ("old", "https://corp.awsapps.com/start")])
  func ssoRole(profile: String, key: String) async throws {
    let home = try TestHome(config: Self.config)
    _ = try home.write(cache(key), "{\"accessToken\":\"TOKEN\",\"expiresAt\":\"2027-01-15T12:00:00Z\"}")
    let transport = ScriptedTransport(.success(Self.role))
    let found = try await found(context(transport, ["AWS_PROFILE": profile], home: home))
    #expect(found.accessKeyID == "S")
    #expect(found.expiration == Timestamp(secondsSinceEpoch: 1_800_003_600))
    let request = try #require(transport.requests.first)
    #expect(request.method == "GET")
    #expect(request.host == "portal.sso.us-west-2.amazonaws.com")
    #expect(request.target == "/federation/credentials?role_name=Admin&account_id=123456789012")
    #expect(request.headers.contains { $0.name.lowercased() == "x-amz-sso_bearer_token" && $0.value == "TOKEN" })
    #expect(!request.headers.contains { $0.name == "Authorization" })
  }

  @Test(
    "without a session, or with an expired one, the error says what to run",
    arguments: [
      nil, "{\"accessToken\":\"TOKEN\",\"expiresAt\":\"2020-01-01T00:00:00Z\"}", "not json",
    ])
  func login(cached: String?) async throws {
    let home = try TestHome(config: Self.config)
    if let cached { _ = try home.write(cache("corp"), cached) }
    let transport = ScriptedTransport(.success(Self.role))
    let context = try context(transport, ["AWS_PROFILE": "dev"], home: home)
    let error = await #expect(throws: CallError.self) { try await load(context) }
    #expect(error?.category == .denied)
    #expect(error?.message.hasSuffix("run \"aws sso login --profile dev\"") == true)
    #expect(transport.requests.isEmpty)
  }

  @Test("a session that is no longer accepted says so too")
  func unauthorized() async throws {
    let home = try TestHome(config: Self.config)
    _ = try home.write(cache("corp"), "{\"accessToken\":\"TOKEN\",\"expiresAt\":\"2027-01-15T12:00:00Z\"}")
    let transport = ScriptedTransport(.success(.error("UnauthorizedException", status: 401)))
    let context = try context(transport, ["AWS_PROFILE": "dev"], home: home)
    let error = await #expect(throws: CallError.self) { try await load(context) }
    #expect(error?.message.contains("aws sso login") == true)
  }

  @Test("a session that is about to end is renewed and written back for the other tools")
  func renewal() async throws {
    let home = try TestHome(config: Self.config)
    _ = try home.write(
      cache("corp"),
      "{\"accessToken\":\"OLD\",\"expiresAt\":\"2027-01-15T08:05:00Z\",\"refreshToken\":\"R1\",\"clientId\":\"id\",\"clientSecret\":\"cs\",\"registrationExpiresAt\":\"2027-03-01T00:00:00Z\",\"region\":\"us-west-2\"}"
    )
    let transport = ScriptedTransport { request, _ in
      request.path == "/token"
        ? .json("{\"accessToken\":\"NEW\",\"expiresIn\":3600,\"refreshToken\":\"R2\",\"tokenType\":\"Bearer\"}")
        : Self.role
    }
    _ = try await found(context(transport, ["AWS_PROFILE": "dev"], home: home))
    #expect(transport.requests.map(\.host) == ["oidc.us-west-2.amazonaws.com", "portal.sso.us-west-2.amazonaws.com"])
    let sent = try JSON(parsing: transport.requests[0].body)
    #expect(sent == ["clientId": "id", "clientSecret": "cs", "grantType": "refresh_token", "refreshToken": "R1"])
    #expect(transport.requests[1].headers.contains { $0.value == "NEW" })
    let written = try JSON(parsing: home.read(cache("corp")))
    #expect(written["accessToken"] == "NEW")
    #expect(written["refreshToken"] == "R2")
    #expect(written["expiresAt"] == "2027-01-15T09:00:00Z")
    #expect(written["region"] == "us-west-2")
    let mode =
      try FileManager.default.attributesOfItem(atPath: home.path + "/" + cache("corp"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("a renewal that fails is no matter while the session lasts")
  func failedRenewal() async throws {
    let home = try TestHome(config: Self.config)
    _ = try home.write(
      cache("corp"),
      "{\"accessToken\":\"OLD\",\"expiresAt\":\"2027-01-15T08:05:00Z\",\"refreshToken\":\"R1\",\"clientId\":\"id\",\"clientSecret\":\"cs\",\"registrationExpiresAt\":\"2027-03-01T00:00:00Z\"}"
    )
    let transport = ScriptedTransport { request, _ in
      request.path == "/token" ? .error("InvalidGrantException") : Self.role
    }
    _ = try await found(context(transport, ["AWS_PROFILE": "dev"], home: home))
    #expect(transport.requests.last?.headers.contains { $0.value == "OLD" } == true)
  }
}
