package import CommandBus

/// A device that needs no second factor, as its owner sees it.
package struct DeviceView: Codable, Sendable {
    package let id: DeviceID
    package let firstUsedAt: Timestamp
    package let lastUsedAt: Timestamp

    package init(_ device: RememberedDevice) {
        id = device.id
        firstUsedAt = device.firstUsedAt
        lastUsedAt = device.lastUsedAt
    }
}

/// Lists the devices of one's own account.
package enum ListDevices: Command {
    package typealias Input = NoInput
    package typealias Output = Page<DeviceView>

    package static let name = "account.devices"
    package static let route = RESTRoute.get("/v1/me/devices")
    package static let access = Access.signedIn
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = """
        Lists the devices that need no second factor to sign in, the one used last first. There are few: it is one page.
        """
    package static let example = NoInput()
}

/// Forgets a device of one's own account.
package enum ForgetDevice: Command {
    package struct Input: Codable, Sendable {
        package let id: DeviceID
    }
    package typealias Output = NoOutput

    package static let name = "account.devices.forget"
    package static let route = RESTRoute.delete("/v1/me/devices/{id}")
    package static let access = Access.signedIn
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let status = 204
    package static let summary = """
        Forgets a device: it needs the second factor again. A session that was opened on it goes on.
        """
    package static let problems: [Problem.Code] = [.notFound]
    package static let example = Input(id: DeviceID(trusted: "dev_0example"))
}
