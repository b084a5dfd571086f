package eventtext

// Names of System's parts in exports that are flat, by tool. "" is left out: it repeats another or describes the export.

// getWinEventNames are the properties of EventLogRecord (.NET, System.Diagnostics.Eventing.Reader), as ConvertTo-Json and Export-Csv write them.
var getWinEventNames = map[string]string{
	"Id":                   "EventID",
	"Version":              "Version",
	"Qualifiers":           "EventID_Qualifiers",
	"Level":                "Level",
	"Task":                 "Task",
	"Opcode":               "Opcode",
	"Keywords":             "Keywords",
	"RecordId":             "EventRecordID",
	"ProviderName":         "Provider_Name",
	"ProviderId":           "Provider_Guid",
	"LogName":              "Channel",
	"ProcessId":            "Execution_ProcessID",
	"ThreadId":             "Execution_ThreadID",
	"MachineName":          "Computer",
	"UserId":               "Security_UserID",
	"TimeCreated":          "TimeCreated_SystemTime",
	"ActivityId":           "Correlation_ActivityID",
	"RelatedActivityId":    "Correlation_RelatedActivityID",
	"LevelDisplayName":     "RenderingInfo_Level",
	"OpcodeDisplayName":    "RenderingInfo_Opcode",
	"TaskDisplayName":      "RenderingInfo_Task",
	"KeywordsDisplayNames": "",
	"Message":              "Message",
	"Properties":           "Properties",
	"ContainerLog":         "",
	"MatchedQueryIds":      "",
	"Bookmark":             "",
}

// getEventLogNames are the properties of EventLogEntry, of Get-EventLog.
var getEventLogNames = map[string]string{
	"EventID":            "EventID",
	"MachineName":        "Computer",
	"Index":              "EventRecordID",
	"Category":           "RenderingInfo_Task",
	"CategoryNumber":     "Task",
	"EntryType":          "RenderingInfo_Level",
	"Message":            "Message",
	"Source":             "Provider_Name",
	"ReplacementStrings": "Data",
	"InstanceId":         "InstanceId",
	"TimeGenerated":      "TimeCreated_SystemTime",
	"Data":               "",
	"Site":               "",
	"Container":          "",
}

// evtxecmdNames are the columns of EvtxECmd. The map's own columns (PayloadData1, UserName) keep their names.
var evtxecmdNames = map[string]string{
	"EventId":       "EventID",
	"EventRecordId": "EventRecordID",
	"RecordNumber":  "",
	"TimeCreated":   "TimeCreated_SystemTime",
	"Level":         "Level",
	"Provider":      "Provider_Name",
	"Channel":       "Channel",
	"ProcessId":     "Execution_ProcessID",
	"ThreadId":      "Execution_ThreadID",
	"Computer":      "Computer",
	"UserId":        "Security_UserID",
	"Keywords":      "Keywords",
	"Payload":       "Payload",
}

// beatNames are the members of winlogbeat 7 and later without "winlog.", and of winlogbeat 6.
var beatNames = map[string]string{
	"event_id":            "EventID",
	"channel":             "Channel",
	"log_name":            "Channel",
	"computer_name":       "Computer",
	"provider_name":       "Provider_Name",
	"source_name":         "Provider_Name",
	"provider_guid":       "Provider_Guid",
	"record_id":           "EventRecordID",
	"record_number":       "EventRecordID",
	"process.pid":         "Execution_ProcessID",
	"process_id":          "Execution_ProcessID",
	"process.thread.id":   "Execution_ThreadID",
	"thread_id":           "Execution_ThreadID",
	"activity_id":         "Correlation_ActivityID",
	"related_activity_id": "Correlation_RelatedActivityID",
	"user.identifier":     "Security_UserID",
	"version":             "Version",
	"level":               "Level",
	"task":                "Task",
	"opcode":              "Opcode",
	"keywords":            "Keywords",
	"message":             "Message",
}
