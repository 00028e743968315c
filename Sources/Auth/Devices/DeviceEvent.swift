import CommandBus

/// What the event log keeps of a device that was forgotten: at its owner's wish, or because its secret came a second time.
struct DeviceEvent: Encodable {
    let device: DeviceID
}
