// SPDX-License-Identifier: Apache-2.0

/// How a service puts requests and answers on the wire.
package enum WireProtocol: String, Sendable, Hashable, CaseIterable {
  case query
  case ec2
  case json
  case restJSON = "rest-json"
  case restXML = "rest-xml"
}

/// What all operations of a service have in common; generated from `metadata` of the service model.
package struct ServiceModel: Sendable, Hashable {
  /// The name in commands, logs and `AWS_ENDPOINT_URL_<NAME>`: botocore's folder name, `rds`.
  package let name: String
  /// `metadata.serviceId`, `RDS`: the source of the `AWS_ENDPOINT_URL_<SERVICE_ID>` variable.
  package let serviceID: String
  package let endpointPrefix: String
  package let signingName: String
  package let wireProtocol: WireProtocol
  package let apiVersion: String
  /// `json` only: the prefix of `X-Amz-Target`.
  package let targetPrefix: String?
  /// `json` only: `1.0` or `1.1`.
  package let jsonVersion: String?
  package let xmlNamespace: String?
  /// One endpoint for the whole partition (iam, route53); signed for the partition's home region.
  package let isGlobal: Bool
  /// `json` only: it once spoke `query`, and still gives the error codes of then when asked to.
  package let isQueryCompatible: Bool

  package init(
    name: String, serviceID: String, endpointPrefix: String, signingName: String, wireProtocol: WireProtocol,
    apiVersion: String, targetPrefix: String? = nil, jsonVersion: String? = nil, xmlNamespace: String? = nil,
    isGlobal: Bool = false, isQueryCompatible: Bool = false
  ) {
    self.name = name
    self.serviceID = serviceID
    self.endpointPrefix = endpointPrefix
    self.signingName = signingName
    self.wireProtocol = wireProtocol
    self.apiVersion = apiVersion
    self.targetPrefix = targetPrefix
    self.jsonVersion = jsonVersion
    self.xmlNamespace = xmlNamespace
    self.isGlobal = isGlobal
    self.isQueryCompatible = isQueryCompatible
  }
}
