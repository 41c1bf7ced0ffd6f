/** Child relationships that nearly every object of a real org has, to objects the sandbox does not model. */
export const RELATED_TO_RECORDS = [
  'children AttachedContentDocument.LinkedEntityId AttachedContentDocuments cascade',
  'children Attachment.ParentId Attachments cascade',
  'children CollaborationGroupRecord.RecordId RecordAssociatedGroups cascade',
  'children CombinedAttachment.ParentId CombinedAttachments cascade',
  'children ContentDistribution.RelatedRecordId - cascade',
  'children ContentDocumentLink.LinkedEntityId ContentDocumentLinks cascade',
  'children ContentVersion.FirstPublishLocationId',
  'children DuplicateRecordItem.RecordId DuplicateRecordItems cascade',
  'children EntitySubscription.ParentId FeedSubscriptionsForEntity cascade',
  'children EventRelationChangeEvent.RelationId',
  'children FeedComment.ParentId',
  'children FeedItem.ParentId - cascade',
  'children FlowRecordRelation.RelatedRecordId',
  'children NoteAndAttachment.ParentId NotesAndAttachments cascade',
  'children ProcessInstance.TargetObjectId ProcessInstances cascade',
  'children ProcessInstanceHistory.TargetObjectId ProcessSteps',
  'children RecordAction.RecordId RecordActions cascade',
] as const;

/** The further ones of objects that tasks, calendar events and mails can be related to. */
export const RELATED_TO_WHATS = ['children EmailMessage.RelatedToId Emails'] as const;
