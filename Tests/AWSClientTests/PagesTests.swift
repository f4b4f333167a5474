// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Pages")
struct PagesTests {
  private static let service = ServiceModel(
    name: "test", serviceID: "Test", endpointPrefix: "test", signingName: "test", wireProtocol: .query, apiVersion: "1")

  private func operation(_ pagination: Pagination?) -> OperationModel {
    let defaults = StructureShape("Defaults", [Member("Marker", .string)])
    return OperationModel(
      Self.service, "List", input: StructureShape("In", [Member("Marker", .string), Member("Type", .string)]),
      output: StructureShape(
        "Out",
        [
          Member("Marker", .string), Member("NextType", .string), Member("IsTruncated", .boolean),
          Member("Defaults", .structure { defaults }),
        ]),
      pagination: pagination)
  }

  private func output(_ marker: String?, type: String? = nil, more: Bool? = nil, inner: String? = nil) -> Fields {
    var fields = Fields(count: 4)
    fields.set(0, marker)
    fields.set(1, type)
    fields.set(2, more)
    if let inner {
      var defaults = Fields(count: 1)
      defaults.set(0, inner)
      fields[3] = .structure(defaults)
    }
    return fields
  }

  @Test("the token goes into the next request, an empty or absent one ends the list")
  func tokens() throws {
    let model = operation(Pagination(inputTokens: ["Marker"], outputTokens: ["Marker"]))
    var pages = Pages(model, Fields(count: 2))
    #expect(try pages.request(after: output("a"))?[0] == .string("a"))
    #expect(try pages.request(after: output("b"))?[0] == .string("b"))
    #expect(try pages.request(after: output("")) == nil)
    #expect(try pages.request(after: output(nil)) == nil)
  }

  @Test("several tokens go together, and an absent one takes the earlier away")
  func severalTokens() throws {
    let model = operation(
      Pagination(
        inputTokens: ["Marker", "Type"], outputTokens: ["Marker", "NextType"], moreResults: "IsTruncated"))
    var pages = Pages(model, Fields(count: 2))
    let second = try #require(try pages.request(after: output("a", type: "A", more: true)))
    #expect(second.values == [.string("a"), .string("A")])
    let third = try #require(try pages.request(after: output("b", more: true)))
    #expect(third.values == [.string("b"), nil])
    #expect(try pages.request(after: output("c", more: false)) == nil)
  }

  @Test("a token inside a structure is found")
  func innerToken() throws {
    let model = operation(Pagination(inputTokens: ["Marker"], outputTokens: ["Defaults.Marker"]))
    var pages = Pages(model, Fields(count: 2))
    #expect(try pages.request(after: output(nil, inner: "x"))?[0] == .string("x"))
    #expect(try pages.request(after: output(nil)) == nil)
  }

  @Test("a token that comes again is an error, not a loop")
  func repeatedToken() throws {
    let model = operation(Pagination(inputTokens: ["Marker"], outputTokens: ["Marker"]))
    var pages = Pages(model, Fields(count: 2))
    _ = try pages.request(after: output("a"))
    _ = try pages.request(after: output("b"))
    let error = #expect(throws: CallError.self) { try pages.request(after: output("a")) }
    #expect(error?.code == "RepeatedPage")
  }

  @Test("more to come without a token is an error, not a short list")
  func missingToken() {
    let model = operation(
      Pagination(inputTokens: ["Marker"], outputTokens: ["Marker"], moreResults: "IsTruncated"))
    var pages = Pages(model, Fields(count: 2))
    let error = #expect(throws: CallError.self) { try pages.request(after: output(nil, more: true)) }
    #expect(error?.code == "MissingPageToken")
  }

  @Test("an operation without pages has one")
  func onePage() throws {
    var pages = Pages(operation(nil), Fields(count: 2))
    #expect(try pages.request(after: output("a")) == nil)
  }
}
