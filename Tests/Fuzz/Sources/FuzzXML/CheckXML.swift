// SPDX-License-Identifier: Apache-2.0

internal import AWSClient

/// Whatever the bytes, an answer in XML is read or refused, as a success and as an error, in each protocol that speaks XML.
func checkXML(_ bytes: [UInt8]) throws {
  for operation in operations {
    for status in [200, 400] {
      _ = try? ResponseDecoder.decode(HTTPResponse(status: status, body: bytes), for: operation)
    }
  }
}

/// A shape of every form that a model can have, itself included.
private let thing = StructureShape(
  "Thing",
  [
    Member("Text", .string), Member("Number", .integer), Member("Ratio", .double), Member("Flag", .boolean),
    Member("Bytes", .blob), Member("Moment", .timestamp()), Member("Kind", .string, as: "xsi:type", .xmlAttribute),
    Member("Things", .list(.structure { thing })), Member("Flat", .list(.string, name: "Item", flattened: true)),
    Member("Map", .map(.structure { thing })), Member("FlatMap", .map(.string, flattened: true)),
    Member("Thing", .structure { thing }),
  ])

private let operations: [OperationModel] = [WireProtocol.query, .ec2, .restXML].map { wireProtocol in
  OperationModel(
    ServiceModel(
      name: "fuzz", serviceID: "Fuzz", endpointPrefix: "fuzz", signingName: "fuzz", wireProtocol: wireProtocol,
      apiVersion: "1"),
    "Go", input: StructureShape("In", []), output: thing,
    resultWrapper: wireProtocol == .query ? "GoResult" : nil, errors: ["Broken": { thing }])
}
