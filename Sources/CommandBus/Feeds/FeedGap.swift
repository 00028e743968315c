/// Why a reader is told to begin anew: the `reason` of a `gap` event, which a snapshot always follows.
package enum FeedGap: String, WireEnum {
    /// What came after the cursor is not kept any more.
    case tooOld = "too_old"
    /// The cursor belongs to another life of the numbering.
    case otherEpoch = "other_epoch"
    /// Something may have passed this instance by while the reader was connected.
    case missed
}
