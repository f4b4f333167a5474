// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("The memory of which tags are harecon's")
struct TagMemoryTests {
  @Test("no keys need no memory")
  func empty() {
    #expect(TagMemory.tags(for: []) == [:])
    #expect(TagMemory.keys(in: ["team": "dbre"]) == ["harecon:keys"])
  }

  @Test("what fits into one value is in one tag, sorted")
  func one() {
    #expect(TagMemory.tags(for: ["team", "cost"]) == ["harecon:keys": "cost team"])
  }

  @Test("what does not fit goes on in further tags, none longer than AWS takes", arguments: [1, 20, 44, 128])
  func several(length: Int) {
    let keys = Set(
      (10..<54).map { "\($0)" + String(repeating: "x", count: length - 1) }.map { $0.prefix(128) }.map(String.init))
    let tags = TagMemory.tags(for: keys)
    #expect(tags.values.allSatisfy { $0.utf16.count <= 256 && !$0.isEmpty })
    #expect(TagMemory.keys(in: tags) == keys.union(tags.keys))
  }

  @Test("a value of exactly 256 characters stays whole, one more does not")
  func limit() {
    let half = String(repeating: "a", count: 127)
    #expect(TagMemory.tags(for: [half, String(repeating: "b", count: 128)]).count == 1)
    #expect(
      TagMemory.tags(for: [half + "a", String(repeating: "b", count: 128)]).keys.sorted()
        == ["harecon:keys", "harecon:keys.2"])
  }

  @Test(
    "keys with spaces and signs come back as they were", arguments: ["cost center", " ", "a=b", "=s", "=e s", "é/ü"])
  func escaped(key: String) {
    let tags = TagMemory.tags(for: [key, "team"])
    #expect(tags["harecon:keys"]?.split(separator: " ").count == 2)
    #expect(TagMemory.keys(in: tags).isSuperset(of: [key, "team"]))
  }

  @Test("tags that only look like the memory are not")
  func others() {
    #expect(
      !TagMemory.isPart("harecon:keys.x") && !TagMemory.isPart("harecon:keysmith") && TagMemory.isPart("harecon:keys.2")
    )
    #expect(TagMemory.keys(in: ["harecon:keys": "a", "harecon:keysmith": "b"]) == ["a", "harecon:keys"])
  }
}
