import CommandBus
import Testing

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9 ,10.9.9.9", "203.0.113.9"),
        ("10.0.0.1", "10.1.1.1,10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.0/24", "10.0.0.1"),
        ("10.0.0.1", nil, "10.0.0.1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("fd00::5", "2001:db8::7", "2001:db8::7"),
        ("fe00::5", "2001:db8::7", "fe00::5"),
        ("192.0.2.129", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.127", "203.0.113.9", "192.0.2.127"),
    ])
    func aHeaderIsBelievedAsFarAsATrustedProxyWroteIt(peer: String, forwardedFor: String?, address: String) {
        let ranges = ["10.0.0.0/8", "fd00::/8", "192.0.2.128/25"].compactMap { AddressRange($0) }
        #expect(ranges.count == 3)
        let addresses = ClientAddresses(trustedProxies: ranges)
        #expect(addresses.address(peer: peer, forwardedFor: forwardedFor) == address)
    }

    @Test(arguments: ["", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "name.test", "10.0.0.0/-1"])
    func whatIsNoBlockIsNone(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
