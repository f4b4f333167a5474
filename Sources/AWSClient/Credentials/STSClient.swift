// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The calls of the security token service by which credentials are got.
struct STSClient: Sendable {
  private let context: ClientContext
  private let endpoints: EndpointResolver

  init(_ context: ClientContext, _ endpoints: EndpointResolver) {
    self.context = context
    self.endpoints = endpoints
  }

  /// A role to assume, as a profile describes it.
  struct Role: Sendable {
    var arn: String
    var sessionName: String?
    var externalID: String?
    var mfaSerial: String?
    var mfaCode: String?
    /// In seconds.
    var duration: Int?
  }

  func assumeRole(_ role: Role, with source: Credentials) async throws(CallError) -> Credentials {
    let operation = STSOperations.assumeRole
    var input = Fields(count: operation.input.members.count)
    input.set(0, role.arn)
    input.set(1, sessionName(role.sessionName))
    input.set(2, role.duration)
    input.set(3, role.externalID)
    input.set(4, role.mfaSerial)
    input.set(5, role.mfaCode)
    return try await call(operation, input, StaticCredentials(source), role.arn)
  }

  func assumeRole(
    _ arn: String, webIdentityToken: String, sessionName: String?
  ) async throws(CallError) -> Credentials {
    let operation = STSOperations.assumeRoleWithWebIdentity
    var input = Fields(count: operation.input.members.count)
    input.set(0, arn)
    input.set(1, self.sessionName(sessionName))
    input.set(2, webIdentityToken)
    return try await call(operation, input, NoCredentials(), arn)
  }

  private func call(
    _ operation: OperationModel, _ input: Fields, _ source: any CredentialSource, _ role: String
  ) async throws(CallError) -> Credentials {
    let output = try await Caller(context.parts(source, endpoints)).call(operation, input)
    guard case .structure(let result) = output[0], let key: String = result.get(0), let secret: String = result.get(1)
    else {
      throw .credentials("the answer to \(operation) for \"\(role)\" holds no credentials")
    }
    return Credentials(
      accessKeyID: key, secretAccessKey: secret, sessionToken: result.get(2), expiration: result.get(3))
  }

  private func sessionName(_ chosen: String?) -> String {
    chosen.nonEmpty ?? "harecon-\(Int(context.settings.time.now().secondsSinceEpoch))"
  }
}

/// Written by hand: the generated operations stand above this module and need credentials to be called at all.
enum STSOperations {
  static let service = ServiceModel(
    name: "sts", serviceID: "STS", endpointPrefix: "sts", signingName: "sts", wireProtocol: .query,
    apiVersion: "2011-06-15", xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/")

  // Asking again gives another session and takes nothing away, so both count as reading.
  static let assumeRole = OperationModel(
    service, "AssumeRole",
    input: StructureShape(
      "AssumeRoleRequest",
      [
        Member("RoleArn", .string, .required), Member("RoleSessionName", .string, .required),
        Member("DurationSeconds", .integer), Member("ExternalId", .string), Member("SerialNumber", .string),
        Member("TokenCode", .string),
      ]), output: response, resultWrapper: "AssumeRoleResult", isReadOnly: true)

  static let assumeRoleWithWebIdentity = OperationModel(
    service, "AssumeRoleWithWebIdentity",
    input: StructureShape(
      "AssumeRoleWithWebIdentityRequest",
      [
        Member("RoleArn", .string, .required), Member("RoleSessionName", .string, .required),
        Member("WebIdentityToken", .string, .required),
      ]), output: response, resultWrapper: "AssumeRoleWithWebIdentityResult", authorization: .anonymous,
    isReadOnly: true)

  private static let response = StructureShape(
    "AssumeRoleResponse", [Member("Credentials", .structure { credentials })])
  private static let credentials = StructureShape(
    "Credentials",
    [
      Member("AccessKeyId", .string), Member("SecretAccessKey", .string), Member("SessionToken", .string),
      Member("Expiration", .timestamp()),
    ])
}
