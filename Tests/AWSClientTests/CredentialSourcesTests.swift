// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Logging
import Testing

@testable import AWSClient

/// Each way in which credentials are found, through the whole chain and a home directory of the test's own.
@Suite("Sources of credentials")
struct CredentialSourcesTests {
  private static let static1 = "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = basesecret\n"
  private static let noMetadata: Result<HTTPResponse, TransportError> = .failure(
    TransportError(.connect, .notSent, "no"))

  private func load(
    _ home: TestHome, _ environment: [String: String] = [:], profile: String? = nil,
    transport: ScriptedTransport = ScriptedTransport(noMetadata), time: VirtualTime = VirtualTime(),
    askForCode: (@Sendable (String) async -> String?)? = nil
  ) async throws(CallError) -> Credentials {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var settings = ClientSettings(
      environment: environment, home: home.path, region: "eu-west-1", profile: profile, logger: logger,
      askForCode: askForCode)
    settings.transport = transport
    settings.time = time.source
    settings.random = { 0 }
    let files = try SharedConfiguration(environment: environment, home: home.path)
    let context = try ClientContext(settings, files)
    let chain = CredentialChain.standard(context, try context.endpoints(for: "eu-west-1"))
    return try await CredentialCache(chain, time: time.source).credentials()
  }

  private func failure(
    _ home: TestHome, _ environment: [String: String] = [:], profile: String? = nil,
    transport: ScriptedTransport = ScriptedTransport(noMetadata), time: VirtualTime = VirtualTime()
  ) async throws -> CallError {
    try await #require(throws: CallError.self) {
      try await load(home, environment, profile: profile, transport: transport, time: time)
    }
  }

  // MARK: Environment and chain

  @Test("the environment goes first")
  func environment() async throws {
    let home = try TestHome(config: "[default]\naws_access_key_id = FILE\naws_secret_access_key = s")
    let found = try await load(
      home, ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"])
    #expect(found == Credentials(accessKeyID: "ENV", secretAccessKey: "s", sessionToken: "t"))
  }

  @Test("a profile that is named on the command line goes before the environment")
  func chosenProfile() async throws {
    let home = try TestHome(config: Self.static1)
    let environment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    #expect(try await load(home, environment, profile: "base").accessKeyID == "BASE")
    #expect(try await load(home, environment.merging(["AWS_PROFILE": "base"]) { $1 }).accessKeyID == "ENV")
  }

  @Test("half a key is an error, not nothing", arguments: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
  func halfAKey(variable: String) async throws {
    let error = try await failure(TestHome(), [variable: "topsecret"])
    #expect(error.category == .denied)
    #expect(error.message.contains("set both or neither"))
    #expect(!error.message.contains("topsecret"))
  }

  @Test("without any, the error says where it was looked and why each gave nothing")
  func nowhere() async throws {
    let error = try await failure(TestHome())
    #expect(error.code == "NoCredentials")
    for part in [
      "environment: AWS_ACCESS_KEY_ID is not set", "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
      "profile \"default\": it is in neither the config nor the credentials file", "container: ",
      "instance metadata: this is not an EC2 instance",
    ] { #expect(error.message.contains(part)) }
  }

  @Test("a profile that is asked for and not there ends the search")
  func missingProfile() async throws {
    let home = try TestHome(config: Self.static1)
    let error = try await failure(home, ["AWS_PROFILE": "typo"])
    #expect(error.message.contains("\"typo\""))
    #expect(error.message.contains("the files have: base"))
  }

  @Test("the variables name other files")
  func otherFiles() async throws {
    let home = try TestHome()
    let config = try home.write("elsewhere.ini", "[profile dev]\nregion = x")
    let credentials = try home.write("secrets.ini", "[dev]\naws_access_key_id = K\naws_secret_access_key = s")
    let found = try await load(
      home, ["AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_PROFILE": "dev"])
    #expect(found.accessKeyID == "K")
  }

  // MARK: Roles

  private static func assumed(_ key: String, operation: String = "AssumeRole") -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: [("Content-Type", "text/xml")],
      body: Array(
        """
        <\(operation)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(operation)Result><Credentials>\
        <AccessKeyId>\(key)</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken>\
        <Expiration>2027-01-15T09:00:00Z</Expiration></Credentials></\(operation)Result>\
        <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></\(operation)Response>
        """.utf8))
  }

  private func form(_ request: HTTPRequest) -> [String: String] {
    var result: [String: String] = [:]
    for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      result[String(parts[0])] = String(parts[1]).removingPercentEncoding
    }
    return result
  }

  @Test("a role is assumed with the source profile's keys, as the profile says")
  func role() async throws {
    let home = try TestHome(
      config: Self.static1
        + """
        [profile dev]
        role_arn = arn:aws:iam::123456789012:role/dev
        source_profile = base
        external_id = ext/1
        duration_seconds = 900
        role_session_name = me
        mfa_serial = arn:aws:iam::1:mfa/me
        """)
    let transport = ScriptedTransport(.success(Self.assumed("ROLE")))
    let asked = Guarded([String]())
    let found = try await load(home, ["AWS_PROFILE": "dev"], transport: transport) { serial in
      asked.withLock { $0.append(serial) }
      return "123456"
    }
    #expect(found.accessKeyID == "ROLE")
    #expect(found.sessionToken == "roletoken")
    #expect(found.expiration == Timestamp("2027-01-15T09:00:00Z"))
    #expect(asked.withLock { $0 } == ["arn:aws:iam::1:mfa/me"])
    let request = try #require(transport.requests.first)
    #expect(request.host == "sts.eu-west-1.amazonaws.com")
    #expect(
      form(request) == [
        "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::123456789012:role/dev",
        "RoleSessionName": "me", "DurationSeconds": "900", "ExternalId": "ext/1",
        "SerialNumber": "arn:aws:iam::1:mfa/me", "TokenCode": "123456",
      ])
    #expect(request.headers.contains { $0.name == "Authorization" && $0.value.contains("Credential=BASE/") })
  }

  @Test("without a terminal an MFA device is an error before anything is sent")
  func mfaWithoutTerminal() async throws {
    let home = try TestHome(
      config: Self.static1 + "[profile dev]\nrole_arn = a\nsource_profile = base\nmfa_serial = arn:mfa")
    let transport = ScriptedTransport(.success(Self.assumed("ROLE")))
    let error = try await failure(home, ["AWS_PROFILE": "dev"], transport: transport)
    #expect(error.message.contains("no terminal to ask at"))
    #expect(transport.requests.isEmpty)
  }

  @Test("roles are assumed one through the other")
  func chain() async throws {
    let home = try TestHome(
      config: Self.static1
        + "[profile middle]\nrole_arn = arn:middle\nsource_profile = base\n[profile end]\nrole_arn = arn:end\nsource_profile = middle"
    )
    let transport = ScriptedTransport(.success(Self.assumed("MIDDLE")), .success(Self.assumed("END")))
    #expect(try await load(home, ["AWS_PROFILE": "end"], transport: transport).accessKeyID == "END")
    #expect(transport.requests.map { form($0)["RoleArn"] } == ["arn:middle", "arn:end"])
    #expect(transport.requests[1].headers.contains { $0.value.contains("Credential=MIDDLE/") })
  }

  @Test("profiles that go in a circle are named")
  func circle() async throws {
    let home = try TestHome(
      config: "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\nsource_profile = a")
    let error = try await failure(home, ["AWS_PROFILE": "a"])
    #expect(error.message == "the profiles \"a\" → \"b\" → \"a\" go in a circle")
  }

  @Test("a profile may be its own source when it has keys")
  func ownSource() async throws {
    let home = try TestHome(
      config: "[profile a]\nrole_arn = x\nsource_profile = a\naws_access_key_id = OWN\naws_secret_access_key = s")
    let transport = ScriptedTransport(.success(Self.assumed("ROLE")))
    #expect(try await load(home, ["AWS_PROFILE": "a"], transport: transport).accessKeyID == "ROLE")
    #expect(transport.requests[0].headers.contains { $0.value.contains("Credential=OWN/") })
  }

  @Test("a role can be assumed with the environment's keys")
  func credentialSource() async throws {
    let home = try TestHome(config: "[profile a]\nrole_arn = x\ncredential_source = Environment")
    let transport = ScriptedTransport(.success(Self.assumed("ROLE")))
    let environment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    #expect(try await load(home, environment, profile: "a", transport: transport).accessKeyID == "ROLE")
    #expect(transport.requests[0].headers.contains { $0.value.contains("Credential=ENV/") })
  }

  @Test(
    "a profile that contradicts itself is an error",
    arguments: [
      ("role_arn = x", "neither \"source_profile\" nor \"credential_source\""),
      ("role_arn = x\nsource_profile = b\ncredential_source = Environment", "keep one"),
      ("role_arn = x\ncredential_source = Magic", "\"Magic\""), ("role_arn = x\nsource_profile = gone", "\"gone\""),
      ("role_arn = x\nsource_profile = base\nduration_seconds = long", "\"long\""),
      ("aws_access_key_id = K", "only one of"), ("sso_session = gone", "sso-session gone"),
      ("sso_start_url = https://x", "lacks \"sso_account_id\""),
    ])
  func contradiction(settings: String, part: String) async throws {
    let home = try TestHome(config: Self.static1 + "[profile p]\n" + settings)
    let error = try await failure(home, ["AWS_PROFILE": "p"])
    #expect(error.message.contains(part))
  }

  @Test("a refusal of the role says what AWS said")
  func roleDenied() async throws {
    let home = try TestHome(config: Self.static1 + "[profile dev]\nrole_arn = arn:x\nsource_profile = base")
    let refusal = HTTPResponse(
      status: 403, headers: [("Content-Type", "text/xml")],
      body: Array(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error><RequestId>r-9</RequestId></ErrorResponse>"
          .utf8))
    let error = try await failure(home, ["AWS_PROFILE": "dev"], transport: ScriptedTransport(.success(refusal)))
    #expect(error.category == .denied)
    #expect(error.description == "sts AssumeRole: AccessDenied: not you (request r-9)")
  }

  // MARK: Web identity

  @Test("a web identity token is exchanged without a signature")
  func webIdentity() async throws {
    let home = try TestHome()
    let token = try home.write("token", "header.payload.signature\n")
    let transport = ScriptedTransport(.success(Self.assumed("WEB", operation: "AssumeRoleWithWebIdentity")))
    let found = try await load(
      home,
      ["AWS_ROLE_ARN": "arn:r", "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_SESSION_NAME": "ci"],
      transport: transport)
    #expect(found.accessKeyID == "WEB")
    let request = try #require(transport.requests.first)
    #expect(form(request)["WebIdentityToken"] == "header.payload.signature")
    #expect(form(request)["RoleSessionName"] == "ci")
    #expect(!request.headers.contains { $0.name == "Authorization" })
  }

  @Test("a web identity in a profile works the same")
  func webIdentityProfile() async throws {
    let home = try TestHome()
    let token = try home.write("token", "t")
    try home.writeConfig("[profile p]\nrole_arn = arn:r\nweb_identity_token_file = \(token)")
    let transport = ScriptedTransport(.success(Self.assumed("WEB", operation: "AssumeRoleWithWebIdentity")))
    #expect(try await load(home, ["AWS_PROFILE": "p"], transport: transport).accessKeyID == "WEB")
    #expect(form(transport.requests[0])["RoleSessionName"] == "harecon-1800000000")
  }

  @Test("a token file that is missing is an error that names it")
  func webIdentityMissing() async throws {
    let error = try await failure(
      TestHome(), ["AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token"])
    #expect(error.message.contains("/nonexistent/token"))
  }

  // MARK: Process

  @Test("a process's JSON gives the credentials, and its arguments are split as a shell would")
  func process() async throws {
    let home = try TestHome()
    let script = try home.write(
      "give",
      "#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"%s\",\"Expiration\":\"2027-01-15T09:00:00Z\"}' \"$1\" \"$FROM\"\n",
      executable: true)
    try home.writeConfig("[profile p]\ncredential_process = \"\(script)\" 'two words'")
    let found = try await load(home, ["AWS_PROFILE": "p", "FROM": "environment", "PATH": "/usr/bin:/bin"])
    #expect(found.accessKeyID == "two words")
    #expect(found.sessionToken == "environment")
    #expect(found.expiration == Timestamp("2027-01-15T09:00:00Z"))
  }

  @Test(
    "a process that fails is an error that repeats nothing of what it printed",
    arguments: [
      ("echo topsecret; exit 3", "status 3"), ("kill -9 $$", "signal 9"), ("echo topsecret", "did not print JSON"),
      ("echo '{\"Version\":2,\"SecretAccessKey\":\"topsecret\"}'", "\"Version\""),
      ("echo '{\"Version\":1,\"SecretAccessKey\":\"topsecret\"}'", "lacks"),
      (
        "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"topsecret\",\"Expiration\":\"2020-01-01T00:00:00Z\"}'",
        "expired"
      ),
    ])
  func processFailure(command: String, part: String) async throws {
    let home = try TestHome()
    let script = try home.write("fail", "#!/bin/sh\n\(command)\n", executable: true)
    try home.writeConfig("[profile p]\ncredential_process = \(script)")
    let error = try await failure(home, ["AWS_PROFILE": "p"])
    #expect(error.message.contains(part))
    #expect(!error.message.contains("topsecret"))
  }

  @Test("a process that does not exist is an error")
  func processMissing() async throws {
    let home = try TestHome(config: "[profile p]\ncredential_process = /nonexistent/program")
    #expect(try await failure(home, ["AWS_PROFILE": "p"]).message.contains("does not start"))
  }

  // MARK: Container

  @Test("a container's agent is asked with the token of its file")
  func container() async throws {
    let home = try TestHome()
    let token = try home.write("token", "Bearer abc\n")
    let transport = ScriptedTransport(
      .success(
        .json(
          "{\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2027-01-15T09:00:00Z\"}")))
    let found = try await load(
      home,
      [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials?a=b",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
      ], transport: transport)
    #expect(found.accessKeyID == "C")
    #expect(found.sessionToken == "t")
    let request = try #require(transport.requests.first)
    #expect(request.host == "169.254.170.23")
    #expect(request.target == "/v1/credentials?a=b")
    #expect(request.headers.contains { $0.name == "Authorization" && $0.value == "Bearer abc" })
  }

  @Test("a relative address leads to the task's agent")
  func containerRelative() async throws {
    let transport = ScriptedTransport(.success(.json("{\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"s\"}")))
    _ = try await load(
      TestHome(), ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"], transport: transport)
    #expect(transport.requests.first?.host == "169.254.170.2")
    #expect(transport.requests.first?.path == "/v2/credentials/1")
  }

  @Test("an agent without TLS somewhere else is refused before anything is sent")
  func containerElsewhere() async throws {
    let transport = ScriptedTransport(.success(.json("{}")))
    let error = try await failure(
      TestHome(), ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.168.1.1/x"], transport: transport)
    #expect(error.message.contains("\"192.168.1.1\""))
    #expect(transport.requests.isEmpty)
  }

  @Test("an agent that fails for a while is asked again")
  func containerRetry() async throws {
    let transport = ScriptedTransport(
      .success(.json("", status: 500)), .success(.json("{\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"s\"}")))
    _ = try await load(TestHome(), ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], transport: transport)
    #expect(transport.requests.count == 2)
  }
}

/// A home directory that goes away with the test.
final class TestHome: Sendable {
  let path: String

  init(config: String? = nil) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "harecon-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path + "/.aws/sso/cache", withIntermediateDirectories: true)
    if let config { try writeConfig(config) }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func writeConfig(_ text: String) throws { _ = try write(".aws/config", text) }

  /// The file's absolute path.
  func write(_ name: String, _ text: String, executable: Bool = false) throws -> String {
    let file = path + "/" + name
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file) }
    return file
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
}
