/** A stage. Metadata values are strings, as the API returns them (facts: Pipelines/deals [R-like]). */
export interface Stage {
  id: string;
  label: string;
  displayOrder: number;
  metadata: { isClosed: 'true' | 'false'; probability: string };
}

export interface Pipeline {
  id: string;
  label: string;
  displayOrder: number;
  stages: Stage[];
}

type StageRow = [id: string, label: string, probability: string];

/** The pipeline every portal starts with. */
export function defaultPipeline(): Pipeline {
  return pipeline('default', 'Sales Pipeline', 0, [
    ['appointmentscheduled', 'Appointment Scheduled', '0.2'],
    ['qualifiedtobuy', 'Qualified To Buy', '0.4'],
    ['presentationscheduled', 'Presentation Scheduled', '0.6'],
    ['decisionmakerboughtin', 'Decision Maker Bought-In', '0.8'],
    ['contractsent', 'Contract Sent', '0.9'],
    ['closedwon', 'Closed Won', '1.0'],
    ['closedlost', 'Closed Lost', '0.0'],
  ]);
}

/** The default pipeline after sales ops gave its stages other names: ids stay, so labels must never be matched. */
export function renamedDefaultPipeline(): Pipeline {
  const renamed = ['Discovery', 'Fit', 'Demo', 'Champion', 'Paper', 'Signed', 'Closed Won?! No'];
  const original = defaultPipeline();
  return {
    ...original,
    label: 'New Business',
    stages: original.stages.map((stage, index) => ({ ...stage, label: renamed[index] ?? stage.label })),
  };
}

/** A second pipeline with the numeric ids HubSpot gives to stages people add, and two ways to win. */
export function partnerPipeline(): Pipeline {
  return pipeline('74218011', 'Partner Pipeline', 1, [
    ['146218801', 'Registered', '0.1'],
    ['146218802', 'Joint Call', '0.5'],
    ['146218803', 'Gewonnen', '1.0'],
    ['146218804', 'Gewonnen (Rahmenvertrag)', '1.0'],
    ['146218805', 'Verloren', '0.0'],
  ]);
}

/** Won is "closed with probability 1", per pipeline, never a label. */
export function isWon(stage: Stage): boolean {
  return stage.metadata.isClosed === 'true' && Number(stage.metadata.probability) === 1;
}

export function isClosed(stage: Stage): boolean {
  return stage.metadata.isClosed === 'true';
}

function pipeline(id: string, label: string, displayOrder: number, rows: StageRow[]): Pipeline {
  return { id, label, displayOrder, stages: rows.map(stageOf) };
}

function stageOf([id, label, probability]: StageRow, displayOrder: number): Stage {
  const closed = Number(probability) === 1 || Number(probability) === 0;
  return { id, label, displayOrder, metadata: { isClosed: closed ? 'true' : 'false', probability } };
}
