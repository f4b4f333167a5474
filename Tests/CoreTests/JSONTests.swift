// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "numbers are exact where they can be",
    arguments: [
      ("0", JSON.int(0)), ("-1", .int(-1)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
      ("9223372036854775808", .double(9223372036854775808)), ("1.0", .double(1)), ("1e2", .double(100)),
      ("-2.5E-1", .double(-0.25)),
    ])
  func numbers(_ text: String, _ value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test(
    "escapes are read",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9""#, "é"), (#""a\ud83d\ude00b""#, "a😀b"),
      ("\"é😀\"", "é😀"),
    ])
  func escapes(_ text: String, _ value: String) throws {
    #expect(try JSON(parsing: text) == .string(value))
  }

  @Test(
    "what is not JSON is refused, with its place",
    arguments: [
      ("", 1, 1, "expected a value, found the end"),
      ("nul", 1, 4, "expected \"null\", found the end"),
      ("[1,\n  2,]", 2, 5, "expected a value, found \"]\""),
      ("{\"é\": 1, \"é\": 2}", 1, 10, "the key \"é\" stands here twice"),
      ("{\"a\" 1}", 1, 6, "expected \":\" after the key \"a\", found \"1\""),
      ("01", 1, 1, "a number must not start with 0"),
      ("1.", 1, 3, "expected a digit after the point, found the end"),
      ("1e999", 1, 1, "the number is out of range"),
      ("+1", 1, 1, "expected a value, found \"+\""),
      ("\"a", 1, 1, "the text in quotes has no end"),
      ("\"\n\"", 1, 2, "a control character must be written as an escape, found the byte 0xa"),
      (#""\ud800""#, 1, 2, "half of a surrogate pair"),
      (#""\ud800\u0041""#, 1, 2, "half of a surrogate pair"),
      (#""\udc00""#, 1, 2, "half of a surrogate pair"),
      (#""\x""#, 1, 2, "no such escape"),
      ("true false", 1, 6, "expected the end after the value, found \"f\""),
      ("\u{feff}1", 1, 1, "expected a value, found the byte 0xef"),
    ])
  func refused(_ text: String, _ line: Int, _ column: Int, _ message: String) throws {
    let error = try #require(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(error.position == SourcePosition(line: line, column: column))
    #expect(error.message == message)
  }

  @Test("text that is not UTF-8 is refused")
  func invalidUTF8() {
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xC3, 0x28, 0x22]) }
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test("nesting is bounded")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSON(parsing: nested(128))
    let error = try #require(throws: JSONError.self) { try JSON(parsing: nested(100_000)) }
    #expect(error.message == "nested more than 128 deep")
  }

  @Test("objects keep their order and are equal in any")
  func order() throws {
    let one = try JSON(parsing: #"{"b":1,"a":2}"#)
    let other = try JSON(parsing: #"{"a":2,"b":1}"#)
    #expect(one == other)
    #expect(one.hashValue == other.hashValue)
    #expect(one.text() == #"{"a":2,"b":1}"#)
    #expect(one.text(keys: .kept) == #"{"b":1,"a":2}"#)
  }

  @Test("objects of any size are found by key, and forget what is taken out")
  func largeObjects() {
    var object = JSONObject((0..<100).map { (key: "k\($0)", value: .int($0)) })
    #expect(object["k73"] == 73)
    object["k50"] = nil
    object["k73"] = "new"
    #expect(object.count == 99)
    #expect(object["k50"] == nil)
    #expect(object["k73"] == "new")
    #expect(object["k99"] == 99)
  }

  @Test("the pretty form is one member a line")
  func pretty() {
    let value: JSON = ["b": [], "a": [1, ["x": true]], "c": [:]]
    #expect(
      value.text(pretty: true) == """
        {
          "a": [
            1,
            {
              "x": true
            }
          ],
          "b": [],
          "c": {}
        }
        """)
  }

  @Test(
    "what is written reads back the same",
    arguments: [
      JSON.double(0.1), .double(1e300), .double(1), .int(.min), .string("\u{0}\u{1f}\u{7f}\"\\é😀\u{2028}"),
      ["a": .null, "b": [true, 1, "x", ["c": .double(-2.5)]]],
    ])
  func roundTrip(_ value: JSON) throws {
    #expect(try JSON(parsing: value.text()) == value)
    #expect(try JSON(parsing: value.text(pretty: true)) == value)
  }
}
