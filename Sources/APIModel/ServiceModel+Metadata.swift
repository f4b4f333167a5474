// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

extension ServiceModel {
  /// Reads a model's `metadata`.
  package init(name: String, metadata: JSONObject) throws(ModelError) {
    let prefix = metadata["endpointPrefix"]?.string ?? name
    let wireProtocol = try Self.wireProtocol(of: name, metadata)
    self.init(
      name: name,
      serviceID: metadata["serviceId"]?.string ?? name,
      endpointPrefix: prefix,
      signingName: metadata["signingName"]?.string ?? prefix,
      wireProtocol: wireProtocol,
      apiVersion: metadata["apiVersion"]?.string ?? "",
      targetPrefix: metadata["targetPrefix"]?.string,
      jsonVersion: wireProtocol == .json ? metadata["jsonVersion"]?.string ?? "1.0" : nil,
      xmlNamespace: metadata["xmlNamespace"]?.string ?? metadata["xmlNamespace"]?["uri"]?.string,
      isGlobal: metadata["globalEndpoint"] != nil && name != "sts",
      isQueryCompatible: metadata["awsQueryCompatible"] != nil)
  }

  /// The first of the protocols on offer that AWSClient speaks.
  private static func wireProtocol(of name: String, _ metadata: JSONObject) throws(ModelError) -> WireProtocol {
    let offered = metadata["protocols"]?.array?.compactMap(\.string) ?? []
    let main = metadata["protocol"]?.string.map { [$0] } ?? []
    guard let chosen = (offered + main).lazy.compactMap(WireProtocol.init(rawValue:)).first else {
      throw ModelError("\(name) speaks none of our protocols, only \((offered + main).joined(separator: ", "))")
    }
    return chosen
  }
}

extension OperationModel {
  private static let readingVerbs = [
    "BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Search", "Test",
  ]

  /// Whether an operation of that name changes nothing.
  package static func isReadOnly(_ name: String) -> Bool {
    readingVerbs.contains { verb in
      name.hasPrefix(verb) && name.dropFirst(verb.count).first?.isUppercase == true
    }
  }
}
