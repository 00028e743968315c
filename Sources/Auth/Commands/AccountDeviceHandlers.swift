import CommandBus

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerDevices(_ service: AuthService<Store>) {
        read(ListDevices.self) { _, context, snapshot in
            let owner = try context.signedIn().account
            let devices = try service.devices.known(of: owner, in: snapshot, at: context.now)
            return Page(items: devices.map(DeviceView.init), next: nil)
        }
        write(ForgetDevice.self) { input, work in try service.forgetDevice(input, in: work) }
    }
}

extension AuthService {
    /// Forgets a device of the caller's. It takes no step-up: whoever does it can only make the account harder to enter.
    func forgetDevice(_ input: ForgetDevice.Input, in work: Work<Store.Transaction>) throws -> NoOutput {
        let account = try ownAccount(in: work)
        guard let device = try work.tx.devices(of: account.id).first(where: { $0.id == input.id }) else {
            throw Problem.notFound("device")
        }
        try devices.forget(device, in: work)
        try work.record("device.forgotten", subject: account.id.raw, DeviceEvent(device: device.id))
        return NoOutput()
    }
}
