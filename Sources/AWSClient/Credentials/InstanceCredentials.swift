// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The role of the EC2 instance that this runs on.
struct InstanceCredentials: CredentialProvider {
  let name = "instance metadata"
  private let metadata: InstanceMetadata

  private static let path = "/latest/meta-data/iam/security-credentials/"

  init(_ context: ClientContext) {
    metadata = InstanceMetadata(context)
  }

  func load() async throws(CallError) -> CredentialLookup {
    let token: HTTPResponse
    do throws(TransportError) {
      guard let answer = try await metadata.token() else { return .absent(metadata.absence) }
      token = answer
    } catch {
      // Nobody answers at that address: this is some other machine.
      return .absent(metadata.absence)
    }
    switch token.status {
    case 200: break
    case 403: return .absent("the instance's metadata service is switched off")
    default: return .absent("the metadata service answered with status \(token.status) to the request for a token")
    }
    do throws(TransportError) {
      return try await load(token: token.bodyText)
    } catch {
      return .absent("the metadata service broke off: \(error.message)")
    }
  }

  private func load(token: String) async throws(TransportError) -> CredentialLookup {
    guard let roles = try await metadata.text(Self.path, token: token), roles.status == 200,
      let role = roles.bodyText.split(whereSeparator: \.isNewline).first, Self.isName(role)
    else { return .absent("the instance has no role") }
    guard let answer = try await metadata.text(Self.path + role, token: token), answer.status == 200 else {
      return .absent("the metadata service gives no credentials of the role \"\(role)\"")
    }
    guard let body = try? JSON(parsing: answer.body), body["Code"]?.string ?? "Success" == "Success",
      let credentials = Credentials(body, secret: "SecretAccessKey", token: "Token")
    else { return .absent("the metadata service has no working credentials of the role \"\(role)\"") }
    return .found(credentials)
  }

  /// The characters of a role's name; anything else has no place in a path.
  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x2b, 0x2c, 0x2d, 0x2e, 0x3d, 0x40, 0x5f: true
        default: false
        }
      }
  }
}
