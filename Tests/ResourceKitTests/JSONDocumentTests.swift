// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@Suite("A JSON document with references")
struct JSONDocumentTests {
  private let template = Input<String>.output(OutputID(Address("fis/experiment-template", "weekly"), "id"))

  @Test("is one value however it is spelled")
  func spelling() {
    let document: JSONDocument = ["b": [1, true], "a": "x"]
    #expect(document.value == .string(#"{"a":"x","b":[1,true]}"#))
    #expect(JSONDocument(text: "{ \"b\" : [1.0, true],\n\"a\":\"x\"}") == document)
    #expect(JSONDocument(document.value) == document)
  }

  @Test("waits for what it names, and is its text once that is known")
  func references() throws {
    let document: JSONDocument = ["Id": .reference(template), "Kind": "drill"]
    #expect(document.value.unknowns == [OutputID(Address("fis/experiment-template", "weekly"), "id")])
    #expect(throws: CallError.self) { try document.now() }
    let known = document.value.resolved([OutputID(Address("fis/experiment-template", "weekly"), "id"): .string("EXT1")])
    #expect(try JSONDocument(known)?.now() == #"{"Id":"EXT1","Kind":"drill"}"#)
  }

  @Test("writes whole numbers without a fraction")
  func numbers() {
    let document = JSONDocument.map(["half": .number(0.5), "whole": .number(32)])
    #expect(document.value == .string(#"{"half":0.5,"whole":32}"#))
  }

  @Test("that is no JSON stands for itself")
  func noJSON() {
    #expect(JSONDocument(text: "{nonsense") != JSONDocument(text: "{}"))
    #expect(JSONDocument(text: "{nonsense") == JSONDocument(text: "{nonsense"))
  }
}
