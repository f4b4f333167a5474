// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The role of an ECS task or an EKS pod, from the agent beside it: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
struct ContainerCredentials: CredentialProvider {
  let name = "container"
  private let context: ClientContext

  init(_ context: ClientContext) {
    self.context = context
  }

  func load() async throws(CallError) -> CredentialLookup {
    guard let (endpoint, path) = try address() else {
      return .absent("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set")
    }
    var headers: [(name: String, value: String)] = [("Accept", "application/json")]
    if let token = try authorization() { headers.append(("Authorization", token)) }
    let response: HTTPResponse
    do throws(TransportError) {
      response = try await MetadataRequests(context.transport, time: context.settings.time)
        .send("GET", endpoint, path, headers)
    } catch {
      throw .credentials("the container's credentials are not to be had: \(error.message)")
    }
    guard response.status == 200 else {
      throw .credentials("the container's agent at \"\(endpoint.host)\" answered with status \(response.status)")
    }
    guard let answer = try? JSON(parsing: response.body),
      let credentials = Credentials(answer, secret: "SecretAccessKey", token: "Token")
    else { throw .credentials("the container's agent at \"\(endpoint.host)\" answered without credentials") }
    return .found(credentials)
  }

  private func address() throws(CallError) -> (Endpoint, path: String)? {
    if let path = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      guard path.first == "/" else {
        throw .credentials("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with a slash")
      }
      return (Endpoint(scheme: "http", host: "169.254.170.2"), path)
    }
    guard let url = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
    let path = url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" && $0 != "?" }
    guard let endpoint = Endpoint(url: String(url.dropLast(path.count))) else {
      throw .credentials("AWS_CONTAINER_CREDENTIALS_FULL_URI is no address")
    }
    guard endpoint.scheme == "https" || PlainHTTP.isAllowed(host: endpoint.host) else {
      throw .credentials(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to \"\(endpoint.host)\" without TLS; only this machine and its agents may"
      )
    }
    return (endpoint, path.first == "/" ? String(path) : "/" + path)
  }

  /// The file goes before the variable, and is read each time because the token in it is replaced.
  private func authorization() throws(CallError) -> String? {
    let token: String
    if let file = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      guard let text = try TextFile.read(file) else {
        throw .credentials("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names \"\(file)\", which does not exist")
      }
      token = Substring(text).trimmed
    } else if let text = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      token = text
    } else {
      return nil
    }
    guard !token.contains(where: \.isNewline) else {
      throw .credentials("the container's authorization token holds a line break")
    }
    return token
  }
}
