// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

/// What botocore's cases leave out.
@Suite("Protocols")
struct ProtocolTests {
  private func operation(
    _ wireProtocol: WireProtocol, serviceID: String = "Test", uri: String = "/", input: [Member] = [],
    output: [Member] = [], resultWrapper: String? = nil, errors: [String: @Sendable () -> StructureShape] = [:]
  ) -> OperationModel {
    OperationModel(
      ServiceModel(
        name: "test", serviceID: serviceID, endpointPrefix: "test", signingName: "test", wireProtocol: wireProtocol,
        apiVersion: "1", targetPrefix: "T", jsonVersion: "1.1"),
      "Go", requestURI: uri, input: StructureShape("In", input), output: StructureShape("Out", output),
      resultWrapper: resultWrapper, errors: errors)
  }

  private func error(
    _ wireProtocol: WireProtocol, _ status: Int, _ body: String, headers: [(String, String)] = [],
    errors: [String: @Sendable () -> StructureShape] = [:]
  ) throws -> ServiceError {
    try #require(throws: ServiceError.self) {
      try ResponseDecoder.decode(
        HTTPResponse(status: status, headers: headers.map { ($0.0, $0.1) }, body: Array(body.utf8)),
        for: operation(wireProtocol, errors: errors))
    }
  }

  @Test("Route 53's ids lose the path that it hands them out with")
  func route53Identifiers() throws {
    let model = operation(
      .restXML, serviceID: "Route 53", uri: "/2013-04-01/hostedzone/{Id}",
      input: [Member("Id", .string, as: "Id", in: .uri, .required)])
    for text in ["/hostedzone/Z1", "Z1"] {
      var input = Fields(count: 1)
      input.set(0, text)
      let request = try RequestEncoder.encode(input, for: model, to: Endpoint(host: "h"))
      #expect(request.path == "/2013-04-01/hostedzone/Z1")
    }
  }

  @Test("a part of the address that is empty or absent is refused, not sent to another operation")
  func emptyLabel() {
    let model = operation(
      .restJSON, uri: "/things/{Id}", input: [Member("Id", .string, as: "Id", in: .uri, .required)])
    for text in [nil, ""] {
      var input = Fields(count: 1)
      input.set(0, text)
      let error = #expect(throws: CallError.self) {
        try RequestEncoder.encode(input, for: model, to: Endpoint(host: "h"))
      }
      #expect(error?.category == .invalid)
    }
  }

  @Test("EC2's error has its code, message and request id")
  func ec2Error() throws {
    let error = try error(
      .ec2, 400,
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID 'vpc-1' does not exist</Message>
      </Error></Errors><RequestID>ea966190</RequestID></Response>
      """)
    #expect(error.code == "InvalidVpcID.NotFound")
    #expect(error.message == "The vpc ID 'vpc-1' does not exist")
    #expect(error.requestID == "ea966190")
    #expect(error.status == 400)
  }

  @Test("both forms of Route 53's InvalidChangeBatch say what is wrong")
  func invalidChangeBatch() throws {
    let shape = StructureShape(
      "InvalidChangeBatch", [Member("messages", .list(.string, name: "Message")), Member("message", .string)])
    let bare = try error(
      .restXML, 400,
      """
      <InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>one</Message>
      <Message>two</Message></Messages><RequestId>b25f48e8</RequestId></InvalidChangeBatch>
      """, errors: ["InvalidChangeBatch": { shape }])
    #expect(bare.code == "InvalidChangeBatch")
    #expect(bare.message == "one; two")
    #expect(bare.requestID == "b25f48e8")
    let wrapped = try error(
      .restXML, 400,
      """
      <ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[it exists]</Message></Error>
      <RequestId>r</RequestId></ErrorResponse>
      """, errors: ["InvalidChangeBatch": { shape }])
    #expect(wrapped.code == "InvalidChangeBatch")
    #expect(wrapped.message == "[it exists]")
  }

  @Test(
    "an error without a body of the service's is known by its status",
    arguments: [WireProtocol.query, .ec2, .json, .restJSON, .restXML],
    ["", "<html><body>Service Unavailable</body></html>", "\u{0}garbage"])
  func bareError(_ wireProtocol: WireProtocol, _ body: String) throws {
    let error = try error(wireProtocol, 503, body, headers: [("retry-after", "7")])
    #expect(error.code == "503")
    #expect(error.retryAfter == 7)
    #expect(!error.isUnreadable)
  }

  @Test(
    "a success that makes no sense is unreadable, and so ambiguous",
    arguments: [WireProtocol.query, .ec2, .json, .restJSON, .restXML])
  func unreadable(_ wireProtocol: WireProtocol) throws {
    let model = operation(wireProtocol, output: [Member("A", .integer)], resultWrapper: nil)
    for body in ["{\"A\":", "<Out><A>", "<html>"] {
      let error = try #require(throws: ServiceError.self) {
        try ResponseDecoder.decode(HTTPResponse(status: 200, body: Array(body.utf8)), for: model)
      }
      #expect(error.isUnreadable)
      #expect(error.code == "UnreadableAnswer")
    }
  }

  @Test("a query answer without its result is unreadable")
  func missingWrapper() throws {
    let model = operation(.query, output: [Member("A", .string)], resultWrapper: "GoResult")
    let error = try #require(throws: ServiceError.self) {
      try ResponseDecoder.decode(HTTPResponse(status: 200, body: Array("<GoResponse/>".utf8)), for: model)
    }
    #expect(error.isUnreadable)
  }

  @Test("an answer without a body serves an operation without output")
  func emptyAnswer() throws {
    for wireProtocol in WireProtocol.allCases {
      let answer = try ResponseDecoder.decode(HTTPResponse(status: 200), for: operation(wireProtocol))
      #expect(answer.output.values.isEmpty)
    }
  }

  @Test("an empty list is sent by query and left out by ec2")
  func emptyLists() throws {
    var input = Fields(count: 1)
    input.set(0, [String]())
    let members = [Member("Ids", .list(.string))]
    let query = try RequestEncoder.encode(input, for: operation(.query, input: members), to: Endpoint(host: "h"))
    #expect(String(decoding: query.body, as: UTF8.self) == "Action=Go&Version=1&Ids=")
    let ec2 = try RequestEncoder.encode(input, for: operation(.ec2, input: members), to: Endpoint(host: "h"))
    #expect(String(decoding: ec2.body, as: UTF8.self) == "Action=Go&Version=1")
  }
}
